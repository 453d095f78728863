class NotesController < ActionController::Base
  skip_forgery_protection only: :create

  def index; end

  def create
    render json: { noted: params.require(:text) }
  end
end
