#include "app/api_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/Timespan.h>
#include <Poco/URI.h>

#include <ostream>
#include <stdexcept>

#include "modules/http_tls.h"
#include "object/metadata.h"

namespace limen::app {

namespace {

ApiAnswer exchange(const ClientConfig& config, const Poco::URI& server, const std::string& path,
                   const std::string* body, std::chrono::seconds patience) {
  using Poco::Net::HTTPRequest;
  const std::string name = config.server_name.empty() ? server.getHost() : config.server_name;
  Poco::Net::SecureStreamSocket socket(
      modules::tls_context({config.authorities, config.certificate, config.key, name}));
  socket.setPeerHostName(name);
  Poco::Net::HTTPSClientSession session(socket);
  session.setHost(server.getHost());
  session.setPort(server.getPort());
  session.setTimeout(Poco::Timespan(static_cast<long>(patience.count()), 0));
  HTTPRequest request(body == nullptr ? HTTPRequest::HTTP_GET : HTTPRequest::HTTP_POST, path,
                      HTTPRequest::HTTP_1_1);
  if (body != nullptr) {
    request.setContentType("application/json");
    request.setContentLength64(static_cast<Poco::Int64>(body->size()));
  }
  request.set("Accept", "application/json");
  if (!config.authorization.empty()) request.set("Authorization", config.authorization);
  std::ostream& out = session.sendRequest(request);
  if (body != nullptr) out << *body;
  Poco::Net::HTTPResponse response;
  ApiAnswer answer;
  Poco::StreamCopier::copyToString(session.receiveResponse(response), answer.body);
  answer.status = response.getStatus();
  return answer;
}

ApiAnswer ask(const ClientConfig& config, const std::string& path, const std::string* body,
              std::chrono::seconds patience) {
  try {
    const Poco::URI server(config.server);
    std::string prefix = server.getPath();
    while (prefix.ends_with('/')) prefix.pop_back();
    return exchange(config, server, prefix + path, body, patience);
  } catch (const Poco::Exception& error) {
    throw std::runtime_error(config.server + ": " + error.displayText());
  }
}

}  // namespace

ApiAnswer post_json(const ClientConfig& config, const std::string& path, const std::string& body,
                    std::chrono::seconds patience) {
  return ask(config, path, &body, patience);
}

ApiAnswer get_json(const ClientConfig& config, const std::string& path) {
  return ask(config, path, nullptr, kClientPatience);
}

std::string failure_of(const ClientConfig& config, const ApiAnswer& answer) {
  boost::system::error_code error;
  const object::Json body = boost::json::parse(answer.body, error);
  const std::string_view message = error ? std::string_view() : object::text_at(body, "message");
  return config.server + ": " +
         (message.empty() ? "the answer has status " + std::to_string(answer.status)
                          : std::string(message));
}

}  // namespace limen::app
