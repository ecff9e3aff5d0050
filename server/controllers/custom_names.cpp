#include "controllers/custom_names.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "object/metadata.h"

namespace limen::controllers {

namespace {

using object::Json;
using object::text_at;

std::string in_use_text(std::string_view name) {
  return base::go_quote(name) + " is already in use";
}

void accept_short_names(const Json& wanted, const Json& accepted, const NamesInUse& in_use,
                        AcceptedNames& out) {
  const std::vector<std::string> asked = object::texts_of(object::member(wanted, "shortNames"));
  const std::vector<std::string> had = object::texts_of(object::member(accepted, "shortNames"));
  if (asked == had) return;
  std::vector<std::string> taken;
  for (const std::string& name : asked) {
    const bool own = std::find(had.begin(), had.end(), name) != had.end();
    if (!own && in_use.resources.contains(name)) taken.push_back(in_use_text(name));
  }
  boost::json::object& names = out.names.get_object();
  if (!taken.empty()) {
    out.reason = "ShortNamesConflict";
    out.message = taken.size() == 1 ? taken.front() : "[" + base::join(taken, ", ") + "]";
  } else if (asked.empty()) {
    names.erase("shortNames");
  } else {
    names["shortNames"] = *object::member(wanted, "shortNames");
  }
}

}  // namespace

void NamesInUse::add(const Json* accepted) {
  if (accepted == nullptr) return;
  for (const std::string_view key : {"plural", "singular"}) {
    if (!text_at(*accepted, key).empty()) resources.emplace(text_at(*accepted, key));
  }
  for (std::string& name : object::texts_of(object::member(*accepted, "shortNames"))) {
    resources.insert(std::move(name));
  }
  for (const std::string_view key : {"kind", "listKind"}) {
    if (!text_at(*accepted, key).empty()) kinds.emplace(text_at(*accepted, key));
  }
}

AcceptedNames accept_names(const Json& wanted, const Json* accepted, const NamesInUse& in_use) {
  AcceptedNames out;
  out.names = accepted && accepted->is_object() ? *accepted : Json(boost::json::object());
  const Json before = out.names;
  const auto one = [&](std::string_view key, std::string_view reason,
                       const std::set<std::string>& taken) {
    const std::string name(text_at(wanted, key));
    if (name != text_at(before, key) && taken.contains(name)) {
      out.reason = reason;
      out.message = in_use_text(name);
    } else {
      out.names.get_object()[key] = name;
    }
  };
  one("plural", "PluralConflict", in_use.resources);
  one("singular", "SingularConflict", in_use.resources);
  accept_short_names(wanted, before, in_use, out);
  one("kind", "KindConflict", in_use.kinds);
  one("listKind", "ListKindConflict", in_use.kinds);
  const Json* categories = object::member(wanted, "categories");
  if (categories && !categories->is_null()) {
    out.names.get_object()["categories"] = *categories;
  } else {
    out.names.get_object().erase("categories");
  }
  return out;
}

}  // namespace limen::controllers
