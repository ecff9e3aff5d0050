#include "common/admission_webhook/json_patch.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/go_quote.h"

namespace limen::webhooks {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

std::vector<std::string> parts_of(std::string_view pointer) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    const char c = pointer[i];
    const char next = i + 1 < pointer.size() ? pointer[i + 1] : '\0';
    if (c == '/') {
      parts.emplace_back();
    } else if (c == '~' && (next == '0' || next == '1')) {
      parts.back() += next == '0' ? '~' : '/';
      ++i;
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// Nothing when the text is no index of an array with `size` items.
std::optional<std::size_t> index_of(std::string_view text, std::size_t size) {
  std::int64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const bool padded = text.size() > 1 && (text[0] == '0' || text.starts_with("-0"));
  if (index < 0) index += static_cast<std::int64_t>(size);
  if (padded || index < 0 || index >= static_cast<std::int64_t>(size)) return std::nullopt;
  return static_cast<std::size_t>(index);
}

// How deep a value is nested, as far as `limit`; `seen` grows by the values that were looked at.
std::size_t depth_of(const value& of, std::size_t limit, std::size_t& seen) {
  std::size_t deepest = 0;
  ++seen;
  if (limit == 0) return 0;
  if (const object* members = of.if_object()) {
    for (const auto& member : *members) {
      deepest = std::max(deepest, 1 + depth_of(member.value(), limit - 1, seen));
    }
  } else if (const array* items = of.if_array()) {
    for (const value& item : *items) {
      deepest = std::max(deepest, 1 + depth_of(item, limit - 1, seen));
    }
  }
  return deepest;
}

value* child(value& of, std::string_view part) {
  if (object* members = of.if_object()) return members->if_contains(part);
  array* items = of.if_array();
  if (items == nullptr) return nullptr;
  const auto index = index_of(part, items->size());
  return index ? &(*items)[*index] : nullptr;
}

class Patcher {
 public:
  explicit Patcher(value document) : document_(std::move(document)) {}

  void apply(const object& operation) {
    op_ = text(operation, "op");
    path_ = pointer(operation, "path");
    if (op_ == "add") return put(path_, value_of(operation));
    if (op_ == "replace") return replace(value_of(operation));
    if (op_ == "remove") return remove(path_);
    if (op_ == "test") return test(value_of(operation));
    if (op_ == "move") return move(pointer(operation, "from"));
    if (op_ == "copy") return copy(pointer(operation, "from"));
    throw PatchError("Unexpected kind: " + op_);
  }
  value take() { return std::move(document_); }

 private:
  static std::string text(const object& operation, std::string_view key) {
    const value* found = operation.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->get_string())
                                                  : std::string();
  }
  std::string pointer(const object& operation, std::string_view key) const {
    const value* found = operation.if_contains(key);
    const std::string at = text(operation, key);
    if (found == nullptr || !found->is_string() || (!at.empty() && at[0] != '/')) {
      throw PatchError(op_ + " operation has no " + std::string(key));
    }
    return at;
  }
  const value& value_of(const object& operation) const {
    const value* found = operation.if_contains("value");
    if (found == nullptr) throw PatchError(op_ + " operation has no value");
    return *found;
  }
  [[noreturn]] void missing(const std::string& path) const {
    throw PatchError(op_ + " operation does not apply: doc is missing path: " +
                     plugins::go_quote(path) + ": missing value");
  }

  // What is at a path; null when nothing is.
  value* find(const std::string& path) {
    value* at = &document_;
    for (const std::string& part : parts_of(path)) {
      at = child(*at, part);
      if (at == nullptr) return nullptr;
    }
    return at;
  }
  // The container that a path leads into, and the path's last part. Not for the empty path.
  std::pair<value*, std::string> container(const std::string& path) {
    const std::size_t last = path.rfind('/');
    return {find(path.substr(0, last)), parts_of(path).back()};
  }

  void count_moved(std::size_t items) {
    moved_ += items;
    if (moved_ > kMaxMovedItems) throw PatchError("the patch moves too many items of arrays");
  }
  void check_depth(const std::string& path, const value& what) {
    std::size_t seen = 0;
    const std::size_t below = depth_of(what, kMaxObjectDepth + 1, seen);
    count_moved(seen);
    if (parts_of(path).size() + below > kMaxObjectDepth) throw PatchError("exceeded max depth");
  }

  void put(const std::string& path, value what) {
    check_depth(path, what);
    if (path.empty()) {
      document_ = std::move(what);
      return;
    }
    const auto [into, part] = container(path);
    if (into == nullptr || !into->is_structured()) missing(path);
    if (object* members = into->if_object()) {
      (*members)[part] = std::move(what);
      return;
    }
    array& items = into->get_array();
    const auto index = part == "-" ? std::optional(items.size()) : index_of(part, items.size() + 1);
    if (!index) missing(path);
    count_moved(items.size() - *index);
    items.insert(items.begin() + static_cast<std::ptrdiff_t>(*index), std::move(what));
  }

  void remove(const std::string& path) {
    if (path.empty()) missing(path);
    const auto [from, part] = container(path);
    if (from == nullptr || child(*from, part) == nullptr) missing(path);
    if (object* members = from->if_object()) {
      count_moved(members->size());
      members->stable_erase(members->find(part));
      return;
    }
    array& items = from->get_array();
    const std::size_t index = *index_of(part, items.size());
    count_moved(items.size() - index);
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(index));
  }

  void replace(const value& what) {
    value* found = find(path_);
    if (found == nullptr) missing(path_);
    check_depth(path_, what);
    *found = what;
  }

  void move(const std::string& from) {
    value* found = find(from);
    if (found == nullptr) missing(from);
    if (from == path_) return;
    if (path_.starts_with(from + "/")) missing(path_);
    value what = std::move(*found);
    remove(from);
    put(path_, std::move(what));
  }

  void copy(const std::string& from) {
    const value* found = find(from);
    if (found == nullptr) missing(from);
    copied_ += boost::json::serialize(*found).size();
    if (copied_ > kMaxCopiedBytes) throw PatchError("the patch copies too much");
    put(path_, *found);
  }

  void test(const value& expected) {
    const value* actual = find(path_);
    const bool same = actual == nullptr ? expected.is_null() : *actual == expected;
    if (!same) throw PatchError("testing value " + path_ + " failed: test failed");
  }

  value document_;
  std::string op_, path_;
  std::size_t copied_ = 0, moved_ = 0;
};

}  // namespace

value apply_json_patch(value document, const value& patch) {
  const array* operations = patch.if_array();
  if (operations == nullptr) throw PatchError("the patch is not a list of operations");
  if (operations->size() > kMaxPatchOperations) {
    throw PatchError("the patch has more than " + std::to_string(kMaxPatchOperations) +
                     " operations");
  }
  Patcher patcher(std::move(document));
  for (const value& operation : *operations) {
    if (!operation.is_object()) throw PatchError("an operation of the patch is not an object");
    patcher.apply(operation.get_object());
  }
  return patcher.take();
}

value parse_deep(std::string_view text, boost::system::error_code& error) {
  boost::json::parse_options options;
  options.max_depth = kMaxObjectDepth;
  return boost::json::parse(text, error, {}, options);
}

}  // namespace limen::webhooks
