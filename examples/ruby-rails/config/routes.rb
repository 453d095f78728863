Rails.application.routes.draw do
  root to: "notes#index"
  post "/notes", to: "notes#create"
end
