#include "validation/apply/field_set.h"

#include <algorithm>

namespace limen::validation::apply {

namespace {

using object::Json;
using Node = FieldSet::Node;
using Nodes = FieldSet::Nodes;

bool before(const Node& left, const Node& right) { return left.element < right.element; }

// Walks both sets in step and appends what `pick` makes of each element's nodes; null where one
// side has none.
template <class Pick>
FieldSet combine(const FieldSet& left, const FieldSet& right, Pick pick) {
  FieldSet out;
  auto l = left.nodes().begin();
  auto r = right.nodes().begin();
  const auto l_end = left.nodes().end();
  const auto r_end = right.nodes().end();
  while (l != l_end || r != r_end) {
    const auto order = l == l_end   ? std::strong_ordering::greater
                       : r == r_end ? std::strong_ordering::less
                                    : l->element <=> r->element;
    out.append(pick(order <= 0 ? &*l : nullptr, order >= 0 ? &*r : nullptr));
    if (order <= 0) ++l;
    if (order >= 0) ++r;
  }
  return out;
}

struct Reader {
  FieldSetLimits limits;
  std::size_t nodes = 0;
  bool failed = false;

  FieldSet read(const Json& fields, std::size_t depth, bool& self) {
    FieldSet set;
    const boost::json::object* members = fields.if_object();
    if (members == nullptr || depth > limits.max_depth) {
      failed = true;
      return set;
    }
    for (const auto& entry : *members) {
      const std::string_view key = entry.key();
      if (key == ".") {
        self = true;
        continue;
      }
      if (++nodes > limits.max_nodes) failed = true;
      if (failed) return set;
      bool malformed = false;
      std::optional<PathElement> element = parse_element(key, malformed);
      if (malformed) failed = true;
      if (!element) continue;
      Node node{std::move(*element), false, {}};
      node.children = read(entry.value(), depth + 1, node.member);
      if (node.children.empty()) node.member = true;
      set.append(std::move(node));
    }
    set.sort();
    return set;
  }
};

void write(const FieldSet& set, boost::json::object& out) {
  out.reserve(set.nodes().size() + 1);
  for (const Node& node : set.nodes()) {
    boost::json::object inner(out.storage());
    if (node.member && !node.children.empty()) inner["."].emplace_object();
    write(node.children, inner);
    out.emplace(element_text(node.element), std::move(inner));
  }
}

}  // namespace

const Node* FieldSet::find(const PathElement& element) const {
  const auto at = std::lower_bound(
      nodes_.begin(), nodes_.end(), element,
      [](const Node& node, const PathElement& wanted) { return node.element < wanted; });
  return at != nodes_.end() && at->element == element ? &*at : nullptr;
}

bool FieldSet::operator==(const FieldSet& other) const {
  return std::equal(nodes_.begin(), nodes_.end(), other.nodes_.begin(), other.nodes_.end(),
                    [](const Node& left, const Node& right) {
                      return left.member == right.member && left.element == right.element &&
                             left.children == right.children;
                    });
}

void FieldSet::append(Node&& node) {
  if (node.member || !node.children.empty()) nodes_.push_back(std::move(node));
}

void FieldSet::sort() {
  if (!std::is_sorted(nodes_.begin(), nodes_.end(), before)) {
    std::stable_sort(nodes_.begin(), nodes_.end(), before);
  }
  std::size_t kept = 0;
  for (std::size_t i = 1; i < nodes_.size(); ++i) {
    if (nodes_[i].element == nodes_[kept].element) {
      nodes_[kept].member = nodes_[kept].member || nodes_[i].member;
      nodes_[kept].children = united(nodes_[kept].children, nodes_[i].children);
    } else if (++kept != i) {
      nodes_[kept] = std::move(nodes_[i]);
    }
  }
  if (!nodes_.empty()) nodes_.resize(kept + 1);
}

void FieldSet::drop(std::initializer_list<std::string_view> path) {
  Nodes* level = &nodes_;
  std::vector<Nodes*> above;
  for (auto step = path.begin(); step != path.end(); ++step) {
    const auto at = std::find_if(level->begin(), level->end(), [&](const Node& node) {
      return node.element.kind == PathElement::Kind::field && node.element.text == *step;
    });
    if (at == level->end()) return;
    if (step + 1 == path.end()) {
      level->erase(at);
      break;
    }
    above.push_back(level);
    level = &at->children.nodes_;
  }
  // What has become empty goes too.
  for (auto it = above.rbegin(); it != above.rend(); ++it) {
    std::erase_if(**it, [](const Node& node) { return !node.member && node.children.empty(); });
  }
}

void FieldSet::forget(std::string_view name) {
  for (Node& node : nodes_) {
    if (node.element.kind == PathElement::Kind::field && node.element.text == name) {
      node.member = false;
    }
  }
  std::erase_if(nodes_, [](const Node& node) { return !node.member && node.children.empty(); });
}

void FieldSet::keep_only(std::initializer_list<std::string_view> names) {
  std::erase_if(nodes_, [&](const Node& node) {
    return std::find(names.begin(), names.end(), node.element.text) == names.end();
  });
}

void FieldSet::keep_path(std::initializer_list<std::string_view> path) {
  FieldSet* level = this;
  for (auto step = path.begin(); step != path.end(); ++step) {
    level->keep_only({*step});
    if (level->empty()) break;
    if (step + 1 != path.end()) level->nodes_.front().member = false;
    level = &level->nodes_.front().children;
  }
  if (path.size() > 1) {
    std::erase_if(nodes_, [](const Node& node) { return !node.member && node.children.empty(); });
  }
}

std::vector<std::string> FieldSet::paths() const {
  std::vector<std::string> out;
  collect_paths("", out);
  return out;
}

void FieldSet::collect_paths(const std::string& prefix, std::vector<std::string>& out) const {
  for (const Node& node : nodes_) {
    const std::string path = prefix + node.element.to_string();
    if (node.member) out.push_back(path);
    node.children.collect_paths(path, out);
  }
}

FieldSet united(const FieldSet& left, const FieldSet& right) {
  return combine(left, right, [](const Node* l, const Node* r) {
    if (l == nullptr || r == nullptr) return l == nullptr ? *r : *l;
    return Node{l->element, l->member || r->member, united(l->children, r->children)};
  });
}

FieldSet common(const FieldSet& left, const FieldSet& right) {
  return combine(left, right, [](const Node* l, const Node* r) {
    if (l == nullptr || r == nullptr) return Node{};
    return Node{l->element, l->member && r->member, common(l->children, r->children)};
  });
}

FieldSet difference(const FieldSet& left, const FieldSet& right) {
  return combine(left, right, [](const Node* l, const Node* r) {
    if (l == nullptr) return Node{};
    if (r == nullptr) return *l;
    return Node{l->element, l->member && !r->member, difference(l->children, r->children)};
  });
}

std::optional<FieldSet> parse_fields(const Json& fields, const FieldSetLimits& limits) {
  Reader reader{limits};
  bool self = false;
  FieldSet set = reader.read(fields, 0, self);
  if (reader.failed) return std::nullopt;
  return set;
}

Json fields_json(const FieldSet& set) {
  Json out;
  write(set, out.emplace_object());
  return out;
}

}  // namespace limen::validation::apply
