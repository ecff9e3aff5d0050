#include <algorithm>

#include "visitors.h"

namespace acme {

namespace {

// True when the user visits this namespace.
bool visits(const limen::UserView& user, std::string_view ns) {
  for (std::uint32_t i = 0; i < user.extra_count(); ++i) {
    if (user.extra_key(i) == kNamespace && user.extra_value(i) == ns) return true;
  }
  return false;
}

}  // namespace

limen::Result<void> Rights::authorize(limen::AuthzCall& call) {
  const limen::Attributes about = call.attributes();
  const bool concerns =
      about.is_resource() && about.is_read_only() && about.api_group().empty() &&
      about.subresource().empty() && call.user().in_group(kGroup) &&
      std::find(resources_.begin(), resources_.end(), about.resource()) != resources_.end();
  if (!concerns) return call.no_opinion();
  if (!about.ns().empty() && visits(call.user(), about.ns())) {
    return call.rule("visit").allow("a visitor of the namespace");
  }
  if (about.explains()) call.cause("near-miss", "visitors may read this where they visit");
  return call.no_opinion();
}

}  // namespace acme
