#include "controllers/invalid_owner.h"

#include <chrono>
#include <cstdio>
#include <utility>

#include "base/strings.h"
#include "base/time.h"
#include "object/metadata.h"
#include "observability/log.h"

namespace limen::controllers {

namespace {

using object::Json;

constexpr std::string_view kComponent = "garbage-collector-controller";

// The same for the same pair, so that saying it again changes nothing.
std::string event_name(const Json& dependent, const OwnerReference& reference) {
  const Uid uid = to_uid(std::string(object::uid(dependent)) + '/' + reference.uid);
  char suffix[17];
  std::snprintf(suffix, sizeof suffix, "%016llx", static_cast<unsigned long long>(uid.high));
  return std::string(object::name(dependent)) + '.' + suffix;
}

Json make_event(const Json& dependent, const std::string& ns, const OwnerReference& reference) {
  const std::string now = base::format_time(std::chrono::system_clock::now());
  Json event = boost::json::object();
  object::set_type(event, "v1", "Event");
  boost::json::object& members = event.get_object();
  members["involvedObject"] = {{"kind", object::kind(dependent)},
                               {"namespace", ns},
                               {"name", object::name(dependent)},
                               {"uid", object::uid(dependent)},
                               {"apiVersion", object::api_version(dependent)}};
  if (ns.empty()) members["involvedObject"].get_object().erase("namespace");
  members["reason"] = "OwnerRefInvalidNamespace";
  members["message"] = "ownerRef [" + reference.api_version + "/" + reference.kind +
                       ", namespace: " + ns + ", name: " + reference.name +
                       ", uid: " + reference.uid + "] does not exist in namespace " +
                       base::go_quote(ns);
  members["source"] = {{"component", kComponent}};
  members["firstTimestamp"] = now;
  members["lastTimestamp"] = now;
  members["count"] = 1;
  members["type"] = "Warning";
  members["eventTime"] = nullptr;
  members["reportingComponent"] = kComponent;
  members["reportingInstance"] = "";
  return event;
}

}  // namespace

base::Task<void> tell_invalid_owner(Objects& objects, const Json& dependent, std::string ns,
                                    OwnerReference reference) {
  // What is in no namespace is told of in the default one.
  const std::string home = ns.empty() ? "default" : ns;
  storage::Key key{{"", "events"}, home, event_name(dependent, reference)};
  if (objects.store().get(key)) co_return;
  log::warn("an object names an owner in another namespace",
            {{"kind", object::kind(dependent)},
             {"namespace", ns},
             {"name", object::name(dependent)},
             {"owner", reference.kind + " " + reference.name}});
  Json event = make_event(dependent, ns, reference);
  object::set_metadata(event, "name", key.name);
  object::set_metadata(event, "namespace", home);
  co_await objects.create(std::move(key), std::move(event));
}

}  // namespace limen::controllers
