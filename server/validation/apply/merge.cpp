#include "validation/apply/merge.h"

#include <deque>
#include <map>

#include "validation/apply/place.h"

namespace limen::validation::apply {

namespace {

using object::Json;
using Kind = Place::Kind;
using Node = FieldSet::Node;

Json merge(const Json* live, const Json* config, const Place& place);

Json merge_members(const boost::json::object* live, const boost::json::object* config,
                   const Place& place) {
  boost::json::object out;
  if (live != nullptr) {
    for (const auto& member : *live) {
      const Json* over = config ? config->if_contains(member.key()) : nullptr;
      out[member.key()] = merge(&member.value(), over, member_place(place, member.key()));
    }
  }
  if (config != nullptr) {
    for (const auto& member : *config) {
      if (live != nullptr && live->contains(member.key())) continue;
      out[member.key()] = merge(nullptr, &member.value(), member_place(place, member.key()));
    }
  }
  return out;
}

// Merges two lists of items with elements. The order is the applied one for the items it names;
// items that are live only keep their place among them.
class ListMerge {
 public:
  ListMerge(const Json* live, const Json* config, const Place& place)
      : item_(item_place(place)), live_(items_of(place, live)), config_(items_of(place, config)) {
    for (const Item& item : live_) by_live_.emplace(item.element, &item);
    for (const Item& item : config_) by_config_.emplace(item.element, false);
    for (const Item& item : config_) {
      if (by_live_.contains(item.element)) shared_.push_back(&item.element);
    }
  }

  Json run() {
    while (l_ < live_.size() || c_ < config_.size()) step();
    return std::move(out_);
  }

 private:
  void step() {
    if (l_ < live_.size()) {
      const PathElement& element = live_[l_].element;
      const auto applied = by_config_.find(element);
      if (c_ < config_.size()) {
        if (element == config_[c_].element) {
          ++l_;
          return take_config();
        }
        // An item of both, whose turn has not come.
        if (applied != by_config_.end() && !shared_.empty() && *shared_.front() != element) {
          ++l_;
          return;
        }
      }
      if (applied == by_config_.end()) {
        out_.push_back(merge(live_[l_].value, nullptr, item_));
        ++l_;
        return;
      }
      if (applied->second) ++l_;  // merged already
    }
    if (c_ < config_.size()) take_config();
  }

  void take_config() {
    const Item& item = config_[c_++];
    const auto live = by_live_.find(item.element);
    out_.push_back(
        merge(live == by_live_.end() ? nullptr : live->second->value, item.value, item_));
    by_config_[item.element] = true;
    if (!shared_.empty() && *shared_.front() == item.element) shared_.pop_front();
  }

  Place item_;
  std::vector<Item> live_, config_;
  std::map<PathElement, const Item*> by_live_;
  std::map<PathElement, bool> by_config_;  // true: it is in the result
  std::deque<const PathElement*> shared_;  // in both, in the applied order
  std::size_t l_ = 0, c_ = 0;
  boost::json::array out_;
};

Json merge(const Json* live, const Json* config, const Place& place) {
  if (config == nullptr) return live ? *live : Json();
  if (live == nullptr && place.kind != Kind::keyed_list && place.kind != Kind::set_list) {
    return *config;
  }
  if (is_hollow(live) && is_hollow(config)) return *config;
  const auto is = [](const Json* value, boost::json::kind kind) {
    return value == nullptr || value->is_null() || value->kind() == kind;
  };
  if (walks_members(place) && is(live, boost::json::kind::object) &&
      is(config, boost::json::kind::object)) {
    return merge_members(members_of(live), members_of(config), place);
  }
  if (is_list(place) && is(live, boost::json::kind::array) &&
      is(config, boost::json::kind::array)) {
    return ListMerge(live, config, place).run();
  }
  return *config;
}

// Null when nothing is left.
Json remove(const Json& value, const FieldSet& set, const Place& place) {
  if (walks_members(place) && value.is_object()) {
    boost::json::object out;
    for (const auto& member : value.get_object()) {
      const Node* node = set.find(PathElement::field(member.key()));
      if (node == nullptr) {
        out.emplace(member.key(), member.value());
      } else if (!node->member) {
        Json left = remove(member.value(), node->children, member_place(place, member.key()));
        if (!left.is_null()) out.emplace(member.key(), std::move(left));
      }
    }
    return out.empty() ? Json() : Json(std::move(out));
  }
  if (is_list(place) && value.is_array()) {
    const Place item = item_place(place);
    boost::json::array out;
    for (const Item& each : items_of(place, &value)) {
      const Node* node = set.find(each.element);
      if (node == nullptr) {
        out.push_back(*each.value);
      } else if (!node->member) {
        Json left = remove(*each.value, node->children, item);
        if (!left.is_null()) out.push_back(std::move(left));
      }
    }
    return out.empty() ? Json() : Json(std::move(out));
  }
  return place.kind == Kind::leaf ? value : Json();
}

FieldSet structures(const FieldSet& set, const Place& place) {
  FieldSet out;
  for (const Node& node : set.nodes()) {
    Place inner;
    bool member = node.member;
    if (node.element.kind == PathElement::Kind::field && walks_members(place)) {
      inner = member_place(place, node.element.text);
      if (is_declared(place, node.element.text)) member = true;
    } else if (is_list(place)) {
      inner = item_place(place);
    }
    out.append({node.element, member, structures(node.children, inner)});
  }
  return out;
}

}  // namespace

Json merged(const Json& live, const Json& config, const Model& model) {
  return merge(&live, &config, root_place(model));
}

Json without(const Json& object, const FieldSet& set, const Model& model) {
  Json left = remove(object, set, root_place(model));
  if (left.is_null()) left.emplace_object();
  return left;
}

FieldSet with_structures(const FieldSet& set, const Model& model) {
  return structures(set, root_place(model));
}

}  // namespace limen::validation::apply
