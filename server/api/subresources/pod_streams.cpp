// pods/exec, attach and portforward: a tunnel to the pod's kubelet.
//
// What is spoken inside passes through unchanged: SPDY/3.1, or the WebSocket protocols that the
// kubelet itself knows. Of one kind of WebSocket, a port-forward's that carries SPDY, the frames
// are taken off here, because kubelets do not know it.
#include <string>
#include <utility>
#include <vector>

#include "api/subresources/connect.h"
#include "api/subresources/subresources.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "object/metadata.h"
#include "transport/websocket.h"

namespace limen::api {

namespace {

using base::ApiError;
using object::Json;

constexpr std::string_view kSpdyInWebSocket = "SPDY/3.1+";

// Anything but "false" and "0" is true, as for all flags of a query.
bool flag(const request::Query& query, std::string_view name) {
  if (!query.has(name)) return false;
  const std::string_view value = query.get(name);
  return !base::iequals(value, "false") && value != "0";
}

Json stream_options(const Call& call) {
  const request::Query& query = call.info().query;
  Json options(boost::json::object_kind);
  object::set_type(options, "v1", call.subresource->kind);
  boost::json::object& out = options.get_object();
  if (call.info().subresource == "portforward") {
    boost::json::array ports;
    for (const std::string_view text : query.all("ports")) {
      const auto port = base::parse_int(text);
      if (!port) {
        throw ApiError::bad_request("strconv.ParseInt: parsing " + base::go_quote(text) +
                                    ": invalid syntax");
      }
      ports.emplace_back(*port);
    }
    if (!ports.empty()) out["ports"] = std::move(ports);
    return options;
  }
  for (const std::string_view name : {"stdin", "stdout", "stderr", "tty"}) {
    if (flag(query, name)) out[name] = true;
  }
  if (!query.get("container").empty()) out["container"] = query.get("container");
  if (call.info().subresource != "exec") return options;
  boost::json::array command;
  for (const std::string_view word : query.all("command")) command.emplace_back(word);
  if (!command.empty()) out["command"] = std::move(command);
  return options;
}

// The kubelet's names, in Go's order.
std::string kubelet_query(const Json& options) {
  std::vector<std::pair<std::string, std::string>> items;
  const auto add_flag = [&](std::string_view from, const char* to) {
    const Json* const value = object::member(options, from);
    if (value && value->is_bool() && value->get_bool()) items.emplace_back(to, "1");
  };
  for (const std::string& word : object::texts_of(object::member(options, "command"))) {
    items.emplace_back("command", word);
  }
  add_flag("stderr", "error");
  add_flag("stdin", "input");
  add_flag("stdout", "output");
  std::string ports;
  if (const Json* const list = object::member(options, "ports"); list && list->is_array()) {
    for (const Json& port : list->get_array()) {
      ports += (ports.empty() ? "" : ",") + std::to_string(object::int_or(&port, 0));
    }
  }
  if (!ports.empty()) items.emplace_back("port", ports);
  add_flag("tty", "tty");
  std::string query;
  for (const auto& [name, value] : items) {
    query += (query.empty() ? "?" : "&") + name + "=" + query_escape(value);
  }
  return query;
}

std::string kubelet_path(const Call& call, const Json& pod, const Json& options) {
  const request::RequestInfo& info = call.info();
  if (info.subresource == "portforward") return "/portForward/" + info.ns + "/" + info.name;
  const std::string wanted(object::text_at(options, "container"));
  return "/" + info.subresource + "/" + info.ns + "/" + info.name + "/" +
         choose_container(pod, info.name, wanted);
}

// A port-forward over a WebSocket is SPDY in frames; the kubelet gets the SPDY.
void unwrap_spdy(const Call& call, proxy::ForwardRules& rules) {
  const transport::RequestHead& head = call.context.head();
  if (call.info().subresource != "portforward" || !transport::asks_websocket(head)) return;
  std::string chosen;
  for (const std::string& protocol : transport::websocket_protocols(head)) {
    if (!protocol.starts_with(kSpdyInWebSocket)) continue;
    if (chosen.empty()) chosen = protocol;
    rules.added.emplace_back("X-Stream-Protocol-Version", protocol.substr(kSpdyInWebSocket.size()));
  }
  if (chosen.empty()) return;
  const std::string problem = transport::websocket_problem(head);
  if (!problem.empty()) throw ApiError::bad_request(problem);
  rules.unwrap = proxy::Unwrap{std::move(chosen), "SPDY/3.1"};
  rules.method = "POST";
}

}  // namespace

base::Task<void> connect_pod(Call& call) {
  const Json options = co_await admit_connect(call, stream_options(call));
  co_await require_upgrade_right(call);
  const object::Document pod = require_object(call, call.info().name);
  std::string path = kubelet_path(call, pod.root(), options);
  const std::string node = node_of(pod.root());
  if (node.empty()) {
    throw ApiError::bad_request("pod " + call.info().name + " does not have a host assigned");
  }
  proxy::Target target =
      kubelet_target(call, find_kubelet(call, node), path + kubelet_query(options));
  if (!proxy::asks_upgrade(call.context.head()) || !call.context.exchange().can_upgrade()) {
    throw ApiError::bad_request("Upgrade request required");
  }
  proxy::ForwardRules rules;
  rules.max_body_bytes = call.options.max_body_bytes;
  rules.unreachable = [](const std::string& why) {
    return why == "address not allowed" ? ApiError::bad_request(why)
                                        : ApiError(500, "", "error dialing backend: " + why);
  };
  unwrap_spdy(call, rules);
  co_await proxy::forward(call.context, std::move(target), std::move(rules));
}

}  // namespace limen::api
