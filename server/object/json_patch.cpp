#include "object/json_patch.h"

#include <optional>
#include <vector>

#include "base/strings.h"
#include "object/canonical.h"
#include "object/decode.h"

namespace limen::object {

namespace {

using Kind = PatchError::Kind;
using Tokens = std::vector<std::string>;

constexpr std::string_view kMissing = "missing value";
constexpr std::string_view kBadIndex = "invalid index referenced";

[[noreturn]] void not_applicable(const std::string& message) {
  throw PatchError(Kind::not_applicable, message);
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

// RFC 6901; the leading slash is checked by the caller.
Tokens split_pointer(std::string_view pointer) {
  Tokens out;
  if (pointer.empty()) return out;
  for (const std::string_view part : base::split(pointer.substr(1), '/')) {
    std::string token;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const bool escaped =
          part[i] == '~' && i + 1 < part.size() && (part[i + 1] == '0' || part[i + 1] == '1');
      token += escaped ? (part[++i] == '0' ? '~' : '/') : part[i];
    }
    out.push_back(std::move(token));
  }
  return out;
}

// Levels of nesting in `value`, counted no further than `limit`.
std::size_t depth_of(const Json& value, std::size_t limit) {
  if (limit == 0) return 0;
  std::size_t deepest = 0;
  if (const boost::json::object* members = value.if_object()) {
    for (const auto& member : *members) {
      deepest = std::max(deepest, 1 + depth_of(member.value(), limit - 1));
    }
  } else if (const boost::json::array* elements = value.if_array()) {
    for (const Json& element : *elements) {
      deepest = std::max(deepest, 1 + depth_of(element, limit - 1));
    }
  }
  return deepest;
}

// A place named by a pointer: the container that is there and the last token.
struct Place {
  Json* container = nullptr;  // null: the path to it does not exist
  std::string token;
};

class Patcher {
 public:
  Patcher(Json document, const JsonPatchOptions& options)
      : document_(std::move(document)), options_(options) {}

  void apply(const Json& operation) {
    const std::string_view op = text(operation, "op").value_or("");
    if (op == "add") return add(operation);
    if (op == "remove") return remove(operation);
    if (op == "replace") return replace(operation);
    if (op == "move") return move(operation);
    if (op == "test") return test(operation);
    if (op == "copy") return copy(operation);
    not_applicable("Unexpected kind: " + std::string(op));
  }

  Json take() { return std::move(document_); }

 private:
  bool kubernetes() const { return options_.dialect == JsonPatchOptions::Dialect::kubernetes; }

  static std::optional<std::string_view> text(const Json& operation, std::string_view key) {
    const boost::json::object* members = operation.if_object();
    const Json* found = members ? members->if_contains(key) : nullptr;
    if (!found || !found->is_string()) return std::nullopt;
    return std::string_view(found->get_string());
  }

  static std::string_view pointer(const Json& operation, std::string_view key,
                                  std::string_view op) {
    const std::optional<std::string_view> found = text(operation, key);
    if (!found || (!found->empty() && found->front() != '/')) {
      not_applicable(std::string(op) + " operation failed to decode " + std::string(key) + ": " +
                     std::string(kMissing));
    }
    return *found;
  }

  static const Json& value_of(const Json& operation, std::string_view op) {
    const Json* found = operation.get_object().if_contains("value");
    if (!found) {
      not_applicable(std::string(op) + " operation has no value: " + std::string(kMissing));
    }
    return *found;
  }

  // Reading an index: nothing when the token is none or it is out of [0, size).
  std::optional<std::size_t> index_of(std::string_view token, std::size_t size) const {
    const bool leading_zero = token.size() > 1 && token[0] == '0';
    const std::optional<std::int64_t> number = base::parse_int(token);
    if (!number || leading_zero || token.starts_with("-0")) return std::nullopt;
    std::int64_t index = *number;
    if (index < 0 && kubernetes()) index += static_cast<std::int64_t>(size);
    if (index < 0 || index >= static_cast<std::int64_t>(size)) return std::nullopt;
    return static_cast<std::size_t>(index);
  }

  static std::string bad_index(std::string_view token) {
    if (!base::parse_int(token)) {
      return "strconv.Atoi: parsing " + base::go_quote(token) + ": invalid syntax";
    }
    return "Unable to access invalid index: " + std::string(token) + ": " + std::string(kBadIndex);
  }

  Json* child(Json& container, std::string_view token) const {
    if (boost::json::object* members = container.if_object()) return members->if_contains(token);
    boost::json::array* elements = container.if_array();
    if (!elements) return nullptr;
    const std::optional<std::size_t> index = index_of(token, elements->size());
    return index ? &(*elements)[*index] : nullptr;
  }

  // Where all but the last token lead. Not for the empty pointer.
  Place locate(std::string_view pointer) {
    Tokens tokens = split_pointer(pointer);
    Place place{&document_, std::move(tokens.back())};
    tokens.pop_back();
    for (const std::string& token : tokens) {
      place.container = child(*place.container, token);
      if (!place.container) return place;
    }
    if (!place.container->is_structured()) place.container = nullptr;
    return place;
  }

  // What is at the place, with the words for its absence.
  Json& require(const Place& place, const std::string& lead) {
    if (Json* found = child(*place.container, place.token)) return *found;
    not_applicable(lead + ": " +
                   (place.container->is_object()
                        ? "unable to get nonexistent key: " + place.token + ": missing value"
                        : bad_index(place.token)));
  }

  void charge_moves(std::size_t elements) {
    moved_ += elements;
    if (moved_ > options_.max_moved_elements) {
      not_applicable("the patch moves too many list elements");
    }
  }

  // Keeps what recursion walks shallow, whatever the operations build up.
  static void check_depth(std::string_view pointer, const Json& value) {
    const std::size_t above = split_pointer(pointer).size();
    if (above > kMaxDepth || depth_of(value, kMaxDepth + 1) + above > kMaxDepth) {
      not_applicable("exceeded max depth");
    }
  }

  void insert(const Place& place, Json value, const std::string& lead) {
    if (boost::json::object* members = place.container->if_object()) {
      (*members)[place.token] = std::move(value);
      return;
    }
    boost::json::array& elements = place.container->get_array();
    if (place.token == "-") {
      elements.push_back(std::move(value));
      return;
    }
    const std::optional<std::size_t> index = index_of(place.token, elements.size() + 1);
    if (!index) {
      const bool number = base::parse_int(place.token).has_value();
      not_applicable(
          lead + ": " +
          (number ? "" : "value was not a proper array index: " + quoted(place.token) + ": ") +
          bad_index(place.token));
    }
    charge_moves(elements.size() - *index);
    elements.insert(elements.begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
  }

  void erase(const Place& place, const std::string& lead) {
    if (boost::json::object* members = place.container->if_object()) {
      const auto found = members->find(place.token);
      if (found == members->end()) {
        not_applicable(lead + ": Unable to remove nonexistent key: " + place.token +
                       ": missing value");
      }
      charge_moves(static_cast<std::size_t>(members->end() - found));
      members->stable_erase(found);
      return;
    }
    boost::json::array& elements = place.container->get_array();
    const std::optional<std::size_t> index = index_of(place.token, elements.size());
    if (!index) not_applicable(lead + ": " + bad_index(place.token));
    charge_moves(elements.size() - *index);
    elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(*index));
  }

  void put(std::string_view path, Json value, std::string_view missing, const std::string& lead) {
    check_depth(path, value);
    if (path.empty()) {
      document_ = std::move(value);
      return;
    }
    const Place place = locate(path);
    if (!place.container) not_applicable(std::string(missing) + ": " + std::string(kMissing));
    insert(place, std::move(value), lead);
  }

  void add(const Json& operation) {
    const std::string_view path = pointer(operation, "path", "add");
    put(path, Json(value_of(operation, "add"), document_.storage()),
        "add operation does not apply: doc is missing path: \"" + std::string(path) + "\"",
        "error in add for path: " + quoted(path));
  }

  void remove(const Json& operation) {
    const std::string_view path = pointer(operation, "path", "remove");
    const Place place = path.empty() ? Place{} : locate(path);
    if (!place.container) {
      not_applicable("remove operation does not apply: doc is missing path: \"" +
                     std::string(path) + "\": missing value");
    }
    erase(place, "error in remove for path: " + quoted(path));
  }

  void replace(const Json& operation) {
    const std::string_view path = pointer(operation, "path", "replace");
    const Json& value = value_of(operation, "replace");
    check_depth(path, value);
    if (path.empty()) {
      document_ = value;
      return;
    }
    const Place place = locate(path);
    if (!place.container) {
      not_applicable("replace operation does not apply: doc is missing path: " + std::string(path) +
                     ": missing value");
    }
    Json* target = child(*place.container, place.token);
    if (!target) {
      not_applicable("replace operation does not apply: doc is missing key: " + std::string(path) +
                     ": missing value");
    }
    *target = value;
  }

  void move(const Json& operation) {
    const std::string_view from = pointer(operation, "from", "move");
    const std::string_view path = pointer(operation, "path", "move");
    if (from == path) {
      if (from.empty()) return;
    }
    const Place source = from.empty() ? Place{} : locate(from);
    if (!source.container) {
      not_applicable("move operation does not apply: doc is missing from path: " +
                     std::string(from) + ": missing value");
    }
    const std::string lead = "error in move for path: " + quoted(source.token);
    Json value = std::move(require(source, lead));
    erase(source, lead);
    put(path, std::move(value),
        "move operation does not apply: doc is missing destination path: " + std::string(path),
        "error in move for path: " + quoted(path));
  }

  void copy(const Json& operation) {
    const std::string_view from = pointer(operation, "from", "copy");
    const std::string_view path = pointer(operation, "path", "copy");
    const Json* source = &document_;
    if (!from.empty()) {
      const Place place = locate(from);
      if (!place.container) {
        not_applicable("copy operation does not apply: doc is missing from path: " +
                       std::string(from) + ": missing value");
      }
      source = &require(place, "error in copy for from: " + quoted(from));
    }
    copied_ += to_json(*source).size();
    if (copied_ > options_.max_copied_bytes) {
      not_applicable("Unable to complete the copy, the accumulated size increase of copy is " +
                     std::to_string(copied_) + ", exceeding the limit " +
                     std::to_string(options_.max_copied_bytes));
    }
    put(path, Json(*source, document_.storage()),
        "copy operation does not apply: doc is missing destination path: " + std::string(path),
        "error while adding value during copy");
  }

  void test(const Json& operation) {
    const std::string_view path = pointer(operation, "path", "test");
    const Json& expected = value_of(operation, "test");
    const Json* actual = &document_;
    if (!path.empty()) {
      const Place place = locate(path);
      if (!place.container) {
        not_applicable("test operation does not apply: is missing path: " + std::string(path) +
                       ": missing value");
      }
      actual = child(*place.container, place.token);
      if (!actual && place.container->is_array()) {
        not_applicable("error in test for path: " + quoted(path) + ": " + bad_index(place.token));
      }
      if (!actual && expected.is_null() && kubernetes()) return;
    }
    if (!actual || !(*actual == expected)) {
      throw PatchError(Kind::test_failed,
                       "testing value " + std::string(path) + " failed: test failed");
    }
  }

  Json document_;
  const JsonPatchOptions& options_;
  std::size_t copied_ = 0;
  std::size_t moved_ = 0;
};

}  // namespace

Json apply_json_patch(const Json& document, const Json& patch, const JsonPatchOptions& options) {
  if (!patch.is_array()) {
    throw PatchError(Kind::malformed, "json: cannot unmarshal " +
                                          std::string(patch.is_object() ? "object" : "value") +
                                          " into Go value of type jsonpatch.Patch");
  }
  const boost::json::array& operations = patch.get_array();
  if (operations.size() > options.max_operations) {
    throw PatchError(Kind::too_many_operations,
                     "The allowed maximum operations in a JSON patch is " +
                         std::to_string(options.max_operations) + ", got " +
                         std::to_string(operations.size()));
  }
  Patcher patcher(mutable_copy(document), options);
  for (const Json& operation : operations) {
    if (!operation.is_object()) {
      throw PatchError(Kind::malformed,
                       "json: cannot unmarshal value into Go value of type jsonpatch.Operation");
    }
    patcher.apply(operation);
  }
  return patcher.take();
}

}  // namespace limen::object
