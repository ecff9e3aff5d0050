// The rules by which fields change hands: updates, applies, and the bound on entries.
#include <algorithm>
#include <map>

#include "object/decode.h"
#include "object/metadata.h"
#include "validation/apply/fields_of.h"
#include "validation/apply/managers.h"
#include "validation/apply/merge.h"

namespace limen::validation::apply {

namespace {

using object::Json;

constexpr std::size_t kMaxUpdaters = 10;
constexpr std::string_view kAncient = "ancient-changes";
constexpr std::string_view kBeforeFirst = "before-first-apply";

// What no manager owns: the server's own, and what names the object.
void strip(FieldSet& set) {
  set.drop({"apiVersion"});
  set.drop({"kind"});
  for (const std::string_view name :
       {"name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation",
        "managedFields", "resourceVersion"}) {
    set.drop({"metadata", name});
  }
  set.forget("metadata");
}

void drop_empty(Managers& managers) {
  std::erase_if(managers, [](const Manager& manager) { return manager.fields.empty(); });
}

Managers::iterator find_entry(Managers& managers, const Manager& wanted) {
  return std::find_if(managers.begin(), managers.end(),
                      [&](const Manager& each) { return each.same_entry(wanted); });
}

Manager entry_of(const Writer& writer, bool applied) {
  return {writer.name.empty() ? "unknown" : writer.name,
          writer.api_version,
          writer.subresource,
          writer.time,
          applied,
          {}};
}

// One change of an object, seen in every version that somebody owns fields in.
class Change {
 public:
  Change(const Json& before, const Json& after, const Writer& writer)
      : before_(before), after_(after), writer_(writer) {}

  // Null when the version is not served.
  const Comparison* in(const std::string& api_version) {
    for (const auto& [version, comparison] : seen_) {
      if (version == api_version || writer_.versions->same_shape(version, api_version)) {
        Model model;
        return writer_.versions->find(api_version, model) ? &comparison : nullptr;
      }
    }
    Model model;
    if (!writer_.versions->find(api_version, model)) return nullptr;
    const bool own = api_version == writer_.api_version;
    const auto view = [&](const Json& object) {
      return writer_.versions->convert(object, writer_.api_version, api_version);
    };
    Comparison comparison =
        own ? compare(before_, after_, model) : compare(view(before_), view(after_), model);
    for (FieldSet* set : {&comparison.added, &comparison.modified, &comparison.removed}) {
      strip(*set);
      if (writer_.confine) writer_.confine(*set);
    }
    return &seen_.emplace(api_version, std::move(comparison)).first->second;
  }
  const Comparison& own() { return *in(writer_.api_version); }

 private:
  const Json& before_;
  const Json& after_;
  const Writer& writer_;
  std::map<std::string, Comparison> seen_;
};

// Managers of versions that are gone own nothing.
void forget_unserved(Managers& managers, const Versions& versions) {
  std::erase_if(managers, [&](const Manager& manager) {
    Model model;
    return !versions.find(manager.api_version, model);
  });
}

// Takes what changed from everybody but `except` (null: from everybody).
void take_from_others(Managers& managers, Change& change, const Manager* except) {
  for (Manager& manager : managers) {
    if (except != nullptr && manager.same_entry(*except)) continue;
    const Comparison* comparison = change.in(manager.api_version);
    if (comparison == nullptr) continue;
    manager.fields = difference(manager.fields, comparison->changed());
    manager.fields = difference(manager.fields, comparison->removed);
  }
}

// Bounds the entries of updates: the oldest of one version become one.
void cap_updaters(Managers& managers) {
  std::vector<Manager> updaters;
  for (const Manager& manager : managers)
    if (!manager.applied) updaters.push_back(manager);
  std::size_t count = updaters.size();
  if (count <= kMaxUpdaters) return;
  std::stable_sort(updaters.begin(), updaters.end(), [](const Manager& a, const Manager& b) {
    return std::tie(a.time, a.name) < std::tie(b.time, b.name);
  });
  std::map<std::string, const Manager*> first_of;  // by version
  for (const Manager& updater : updaters) {
    if (count <= kMaxUpdaters) return;
    const auto [first, is_new] = first_of.emplace(updater.api_version, &updater);
    if (is_new) continue;
    Manager bucket{std::string(kAncient), updater.api_version, "", "", false, {}};
    auto at = find_entry(managers, bucket);
    if (at == managers.end()) {
      // The first of the version becomes the bucket.
      at = find_entry(managers, *first->second);
      if (at == managers.end()) continue;
      at->name = bucket.name;
      at->subresource.clear();
    }
    if (updater.same_entry(*at)) continue;
    at->fields = united(at->fields, updater.fields);
    at->time = updater.time;
    managers.erase(find_entry(managers, updater));
    --count;
  }
}

FieldSet structured(const Json& object, const Model& model) {
  return with_structures(fields_of(object, model), model);
}

// Keeps of what was taken out of `merged` what somebody owns, in each version that is spoken.
Json with_owned(const Json& merged, Json pruned, const std::string& version,
                const Managers& managers, const Versions& versions) {
  std::map<std::string, FieldSet> owned;
  for (const Manager& manager : managers) {
    Model model;
    if (!versions.find(manager.api_version, model)) continue;
    const bool same = versions.same_shape(manager.api_version, version);
    FieldSet& set = owned[same ? version : manager.api_version];
    set = united(set, manager.fields);
  }
  for (const auto& [spoken, set] : owned) {
    Model model;
    if (!versions.find(spoken, model)) continue;
    const bool same = spoken == version;
    const Json whole = same ? merged : versions.convert(merged, version, spoken);
    const Json rest = same ? pruned : versions.convert(pruned, version, spoken);
    const FieldSet kept = united(structured(rest, model), with_structures(set, model));
    const Json left = without(whole, difference(structured(whole, model), kept), model);
    pruned = same ? left : versions.convert(left, spoken, version);
  }
  return pruned;
}

// `object` without what the manager applied the last time, no longer applies, and nobody owns.
Json prune(const Json& object, const Manager& last, const Managers& managers,
           const Writer& writer) {
  const Versions& versions = *writer.versions;
  Model model;
  if (last.fields.empty() || !versions.find(last.api_version, model)) return object;
  const bool same = versions.same_shape(last.api_version, writer.api_version);
  const std::string& version = same ? writer.api_version : last.api_version;
  const Json merged = same ? object : versions.convert(object, writer.api_version, version);
  const FieldSet before = with_structures(last.fields, model);
  const Json pruned =
      with_owned(merged, without(merged, before, model), version, managers, versions);
  // Nothing goes that the manager did not apply.
  const FieldSet gone = difference(structured(merged, model), structured(pruned, model));
  const Json left = without(merged, common(gone, before), model);
  return same ? left : versions.convert(left, version, writer.api_version);
}

void refuse_conflicts(const Managers& managers, const Manager& self, Change& change,
                      const FieldSet* tolerated) {
  struct Found {
    std::string manager;
    FieldSet set;
  };
  std::vector<Found> found;
  for (const Manager& manager : managers) {
    if (manager.same_entry(self)) continue;
    const Comparison* comparison = change.in(manager.api_version);
    if (comparison == nullptr) continue;
    FieldSet set = common(manager.fields, comparison->changed());
    if (tolerated != nullptr) set = difference(set, *tolerated);
    if (!set.empty()) found.push_back({manager.shown(), std::move(set)});
  }
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.manager < b.manager; });
  Conflicts conflicts;
  for (const Found& each : found) {
    for (std::string& path : each.set.paths()) {
      conflicts.all.push_back({each.manager, std::move(path)});
    }
  }
  if (!conflicts.all.empty()) throw conflicts;
}

}  // namespace

void track_update(Managers& managers, const Json* live, const Json& object, const Writer& writer) {
  Model model;
  if (!writer.versions->find(writer.api_version, model)) return;
  const Json before = live ? Json() : blank(object, model);
  Change change(live ? *live : before, object, writer);
  const Comparison& own = change.own();
  if (own.empty()) return;
  forget_unserved(managers, *writer.versions);
  take_from_others(managers, change, nullptr);
  FieldSet taken = own.changed();
  if (!taken.empty()) {
    Manager self = entry_of(writer, false);
    const auto at = find_entry(managers, self);
    if (at == managers.end()) {
      self.fields = std::move(taken);
      managers.push_back(std::move(self));
    } else {
      at->fields = united(at->fields, taken);
      at->time = writer.time;
    }
  }
  drop_empty(managers);
  cap_updaters(managers);
}

Json apply_config(Managers& managers, const Json& live, const Json& config, const Writer& writer,
                  bool force, const FieldSet* tolerated) {
  Model model;
  writer.versions->find(writer.api_version, model);
  if (managers.empty()) {
    Writer before = writer;
    before.name = kBeforeFirst;
    track_update(managers, nullptr, live, before);
  }
  forget_unserved(managers, *writer.versions);
  Manager self = entry_of(writer, true);
  self.fields = fields_of(config, model);
  if (writer.confine) writer.confine(self.fields);
  Json result = merged(live, config, model);

  const auto at = find_entry(managers, self);
  if (at != managers.end()) {
    const Manager last = std::move(*at);
    *at = self;
    result = prune(result, last, managers, writer);
  } else {
    managers.push_back(self);
  }
  Change change(live, result, writer);
  if (!force) refuse_conflicts(managers, self, change, tolerated);
  take_from_others(managers, change, &self);
  strip(find_entry(managers, self)->fields);
  drop_empty(managers);
  return result;
}

}  // namespace limen::validation::apply
