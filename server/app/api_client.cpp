#include "app/api_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/Timespan.h>
#include <Poco/URI.h>

#include <stdexcept>

#include "modules/http_tls.h"

namespace limen::app {

namespace {

constexpr int kTimeoutSeconds = 30;

ApiAnswer exchange(const ClientConfig& config, const Poco::URI& server, const std::string& path,
                   const std::string& body) {
  using Poco::Net::HTTPRequest;
  const std::string name = config.server_name.empty() ? server.getHost() : config.server_name;
  Poco::Net::SecureStreamSocket socket(
      modules::tls_context({config.authorities, config.certificate, config.key, name}));
  socket.setPeerHostName(name);
  Poco::Net::HTTPSClientSession session(socket);
  session.setHost(server.getHost());
  session.setPort(server.getPort());
  session.setTimeout(Poco::Timespan(kTimeoutSeconds, 0));
  HTTPRequest request(HTTPRequest::HTTP_POST, path, HTTPRequest::HTTP_1_1);
  request.setContentType("application/json");
  request.setContentLength64(static_cast<Poco::Int64>(body.size()));
  request.set("Accept", "application/json");
  if (!config.authorization.empty()) request.set("Authorization", config.authorization);
  session.sendRequest(request) << body;
  Poco::Net::HTTPResponse response;
  ApiAnswer answer;
  Poco::StreamCopier::copyToString(session.receiveResponse(response), answer.body);
  answer.status = response.getStatus();
  return answer;
}

}  // namespace

ApiAnswer post_json(const ClientConfig& config, const std::string& path, const std::string& body) {
  try {
    const Poco::URI server(config.server);
    std::string prefix = server.getPath();
    while (prefix.ends_with('/')) prefix.pop_back();
    return exchange(config, server, prefix + path, body);
  } catch (const Poco::Exception& error) {
    throw std::runtime_error(config.server + ": " + error.displayText());
  }
}

}  // namespace limen::app
