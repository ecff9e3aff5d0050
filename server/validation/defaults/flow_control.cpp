#include "object/metadata.h"
#include "validation/defaults/defaulters.h"

namespace limen::validation::defaults {

namespace {

// Where a zero is as good as nothing: members that are plain numbers to kube-apiserver.
void fill_zero(boost::json::object& members, std::string_view key, const Json& value) {
  Json& current = members[key];
  if (current.is_null() || object::int_or(&current, 1) == 0) current = value;
}

void shares(boost::json::object& members, std::int64_t nominal) {
  fill(members, "nominalConcurrencyShares", nominal);
  fill(members, "lendablePercent", 0);
}

boost::json::object* present(boost::json::object& members, std::string_view key) {
  Json* const member = members.if_contains(key);
  return member ? member->if_object() : nullptr;
}

}  // namespace

void flow_schema(boost::json::object& object) {
  if (boost::json::object* spec = object_in(object, "spec")) {
    fill_zero(*spec, "matchingPrecedence", 1000);
  }
}

void priority_level(boost::json::object& object) {
  boost::json::object* const spec = present(object, "spec");
  if (!spec) return;
  if (boost::json::object* exempt = present(*spec, "exempt")) shares(*exempt, 0);
  boost::json::object* const limited = present(*spec, "limited");
  if (!limited) return;
  shares(*limited, 30);
  boost::json::object* const response = present(*limited, "limitResponse");
  boost::json::object* const queuing = response ? present(*response, "queuing") : nullptr;
  if (!queuing) return;
  fill_zero(*queuing, "handSize", 8);
  fill_zero(*queuing, "queues", 64);
  fill_zero(*queuing, "queueLengthLimit", 50);
}

}  // namespace limen::validation::defaults
