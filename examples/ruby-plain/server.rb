require "socket"

server = TCPServer.new("127.0.0.1", Integer(ENV.fetch("PORT")))
answer = "Hello from Ruby #{RUBY_VERSION}"

loop do
  Thread.start(server.accept) do |client|
    nil until client.gets.to_s.strip.empty?
    client.write("HTTP/1.1 200 OK\r\nContent-Length: #{answer.bytesize}\r\nConnection: close\r\n\r\n#{answer}")
  ensure
    client.close
  end
end
