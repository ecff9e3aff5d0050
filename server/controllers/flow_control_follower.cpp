#include "controllers/flow_control_follower.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/strings.h"
#include "base/time.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "validation/causes.h"
#include "validation/flow_control.h"

namespace limen::controllers {

namespace {

using object::Json;

const storage::ResourceId kLevels{std::string(validation::kFlowControlGroup),
                                  std::string(validation::kPriorityLevels)};
const storage::ResourceId kSchemas{std::string(validation::kFlowControlGroup),
                                   std::string(validation::kFlowSchemas)};

std::vector<Json> read(const storage::ListResult& list) {
  std::vector<Json> all;
  for (const storage::ObjectPtr& one : list.objects) {
    all.push_back(object::mutable_copy(object::Document::parse(one->json).root()));
  }
  return all;
}

std::string_view level_of(const Json& schema) {
  return validation::text(object::find(schema, {"spec", "priorityLevelConfiguration", "name"}));
}

}  // namespace

bool set_dangling(Json& schema, bool dangling) {
  boost::json::object wanted;
  wanted["message"] = "This FlowSchema references the PriorityLevelConfiguration object named " +
                      base::go_quote(level_of(schema)) +
                      (dangling ? " but there is no such object" : " and it exists");
  wanted["reason"] = dangling ? "NotFound" : "Found";
  wanted["status"] = dangling ? "True" : "False";
  wanted["type"] = "Dangling";
  Json& conditions = object::object_at(schema, "status")["conditions"];
  if (!conditions.is_array()) conditions.emplace_array();
  boost::json::array& all = conditions.get_array();
  const auto found = std::find_if(all.begin(), all.end(), [](const Json& one) {
    return object::text_at(one, "type") == "Dangling";
  });
  const bool says_so =
      found != all.end() && std::all_of(wanted.begin(), wanted.end(), [&](const auto& entry) {
        return object::text_at(*found, entry.key()) == validation::text(&entry.value());
      });
  if (says_so) return false;
  wanted["lastTransitionTime"] = base::format_time(std::chrono::system_clock::now());
  if (found != all.end()) {
    *found = std::move(wanted);
  } else {
    all.push_back(std::move(wanted));
  }
  return true;
}

FlowControlFollower::FlowControlFollower(Scope& scope, Objects& objects,
                                         fairness::Fairness& fairness, const Lead& lead)
    : scope_(scope),
      objects_(objects),
      fairness_(fairness),
      lead_(lead),
      queue_(scope, "flow-control-follower", [this](const std::string&) { return look(); }),
      levels_(objects.store(), objects.loop(), kLevels,
              [this](const storage::StoredObject&, bool) { queue_.add("all"); }),
      schemas_(objects.store(), objects.loop(), kSchemas,
               [this](const storage::StoredObject&, bool) { queue_.add("all"); }) {}

void FlowControlFollower::start() {
  levels_.start();
  schemas_.start();
  scope_.spawn(name(), adjust_from_time_to_time());
}

void FlowControlFollower::stop() {
  levels_.stop();
  schemas_.stop();
}

base::Task<void> FlowControlFollower::adjust_from_time_to_time() {
  while (!scope_.ending()) {
    co_await scope_.sleep(fairness::kBorrowingPeriod);
    if (!scope_.ending()) fairness_.adjust();
  }
}

base::Task<bool> FlowControlFollower::look() {
  const std::vector<Json> levels = read(objects_.store().list(kLevels, {}));
  const storage::ListResult stored = objects_.store().list(kSchemas, {});
  fairness_.configure(read(stored), levels);
  if (!lead_.here) co_return true;
  Group group(objects_.loop());
  for (const storage::ObjectPtr& schema : stored.objects) {
    const object::Document document = object::Document::parse(schema->json);
    group.add(tell(schema, !validation::find_named(levels, level_of(document.root()))));
  }
  co_await group.wait();
  co_return true;
}

// Whoever was first when the write fails has made an event, for which all is looked at again.
base::Task<void> FlowControlFollower::tell(storage::ObjectPtr schema, bool dangling) {
  Json changed = object::mutable_copy(object::Document::parse(schema->json).root());
  if (!set_dangling(changed, dangling)) co_return;
  storage::Key key{kSchemas, "", schema->name};
  const storage::Revision read = schema->revision;
  co_await objects_.update(std::move(key), read, std::move(changed));
}

}  // namespace limen::controllers
