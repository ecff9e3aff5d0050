// The golden files of validation: every case is a manifest that kube-apiserver refuses, and what it
// says. tests/golden/validation/README.md tells the format.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/strings.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "unit/validation/support.h"
#include "validation/causes.h"
#include "validation/schema.h"

namespace limen::validation {
namespace {

namespace fs = std::filesystem;
using object::Json;

const fs::path kFiles = fs::path(LIMEN_GOLDEN_DIR) / "validation";

std::vector<fs::path> files() {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(kFiles)) {
    if (entry.path().extension() == ".yaml") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

Json read(const fs::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return object::decode(text.str(), object::Format::yaml).value;
}

std::string_view word(const Json& value, std::string_view key, std::string_view otherwise = {}) {
  const std::string_view found = object::text_at(value, key);
  return found.empty() ? otherwise : found;
}

// One step of a JSON pointer, unescaped.
std::string step_of(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '~' && at + 1 < text.size()) {
      out += text[++at] == '1' ? '/' : '~';
    } else {
      out += text[at];
    }
  }
  return out;
}

// Sets what a pointer names: makes objects on the way, "-" appends, null takes away.
void set(Json& root, std::string_view pointer, const Json& value) {
  Json* at = &root;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t slash = pointer.find('/');
    const std::string step = step_of(pointer.substr(0, slash));
    pointer = slash == std::string_view::npos ? std::string_view() : pointer.substr(slash);
    const bool last = pointer.empty();
    if (at->is_null() && step == "-") at->emplace_array();
    if (at->is_null()) at->emplace_object();
    if (at->is_array()) {
      boost::json::array& list = at->get_array();
      const std::size_t index = step == "-" ? list.size() : std::stoul(step);
      if (last && value.is_null()) {
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(index));
        return;
      }
      if (index >= list.size()) list.resize(index + 1);
      at = &list[index];
    } else {
      if (last && value.is_null()) {
        at->as_object().erase(step);
        return;
      }
      at = &at->as_object()[step];
    }
  }
  *at = value;
}

Json with(Json base, const Json* changes) {
  for (const auto& change : members(changes)) set(base, change.key(), change.value());
  return base;
}

// `field: message`, as the file has it; a message's line breaks end it, for what follows is a
// difference that Go's library never words the same way twice.
Lines shown(const std::vector<base::StatusCause>& causes) {
  Lines out = lines(causes);
  for (std::string& line : out) line = line.substr(0, line.find('\n'));
  return out;
}

std::string_view reason_of(std::string_view message) {
  static const std::map<std::string_view, std::string_view> kReasons = {
      {"Required value", "FieldValueRequired"},   {"Invalid value", "FieldValueInvalid"},
      {"Duplicate value", "FieldValueDuplicate"}, {"Unsupported value", "FieldValueNotSupported"},
      {"Forbidden", "FieldValueForbidden"},       {"Not found", "FieldValueNotFound"},
      {"Too long", "FieldValueTooLong"},          {"Too many", "FieldValueTooMany"},
      {"Internal error", "InternalError"},
  };
  const auto found = kReasons.find(message.substr(0, message.find(':')));
  return found == kReasons.end() ? "" : found->second;
}

class Case {
 public:
  Case(const Json& file, const Json& entry) : entry_(entry) {
    const std::string_view name = word(file, "resource");
    const std::size_t slash = name.rfind('/');
    resource_ = slash == std::string_view::npos
                    ? &resource("", name)
                    : &resource(name.substr(0, slash), name.substr(slash + 1));
    const std::string_view base = word(entry, "base", "plain");
    const Json* manifest = object::find(file, {"bases", base});
    if (!manifest) throw std::invalid_argument("no base " + std::string(base));
    base_ = *manifest;
  }

  void run() const {
    const Json object = prepared("set");
    const std::vector<base::StatusCause> causes = judge(object);
    EXPECT_EQ(shown(causes), expected()) << word(entry_, "name");
    for (const base::StatusCause& cause : causes) {
      EXPECT_EQ(cause.reason, reason_of(cause.message)) << cause.field;
    }
    if (causes.empty()) return;
    const std::string name(object::name(object));
    const base::ApiError error =
        base::ApiError::invalid(resource_->group, resource_->kind, name, causes);
    EXPECT_EQ(std::string(error.what()), status_message(name, lines(causes)));
  }

 private:
  std::string_view of() const {
    return word(entry_, "of", object::member(entry_, "old") ? "update" : "create");
  }

  std::vector<base::StatusCause> judge(const Json& object) const {
    if (of() == "create") return validate_create(*resource_, object);
    const Json old = prepared("old");
    if (of() == "update") return validate_update(*resource_, object, old);
    if (of() == "finalize") return validate_finalize(*resource_, object, old);
    if (of() == "resize") return validate_resize(*resource_, object, old);
    if (of() == "ephemeralcontainers") {
      return validate_ephemeral_containers(*resource_, object, old);
    }
    return validate_status_update(*resource_, object, old);
  }

  Json prepared(std::string_view key) const {
    Json object = with(base_, object::member(entry_, key));
    if (!object::member(entry_, "raw")) {
      const Conformance conformance = conform(object, *resource_->type);
      EXPECT_EQ(conformance.error, "") << word(entry_, "name");
      EXPECT_EQ(conformance.unknown, Lines()) << word(entry_, "name");
      apply_defaults(*resource_, object);
    }
    return object;
  }

  Lines expected() const {
    Lines out;
    for (const Json& line : elements(object::member(entry_, "says"))) {
      out.emplace_back(std::string_view(line.as_string()));
    }
    return out;
  }

  // In the message each complaint stands once.
  std::string status_message(const std::string& name, const Lines& causes) const {
    Lines said;
    for (const std::string& line : causes) {
      if (std::find(said.begin(), said.end(), line) == said.end()) said.push_back(line);
    }
    std::string out(resource_->kind);
    if (!resource_->group.empty()) out += "." + std::string(resource_->group);
    out += " " + base::go_quote(name) + " is invalid: ";
    return out + (said.size() == 1 ? said[0] : "[" + base::join(said, ", ") + "]");
  }

  const Json& entry_;
  const catalog::Resource* resource_ = nullptr;
  Json base_;
};

TEST(GoldenValidation, EveryCaseIsRefusedInKubeApiserversWords) {
  std::size_t refused = 0;
  for (const fs::path& path : files()) {
    SCOPED_TRACE(path.filename().string());
    const Json file = read(path);
    for (const Json& entry : elements(object::member(file, "cases"))) {
      SCOPED_TRACE(std::string(word(entry, "name")));
      ASSERT_NO_THROW(Case(file, entry).run());
      refused += elements(object::member(entry, "says")).empty() ? 0 : 1;
    }
  }
  std::cout << refused << " refusals\n";
  EXPECT_GE(refused, 300u);
}

// A base that is itself refused would hide what its cases are about.
TEST(GoldenValidation, TheBasesAreValid) {
  for (const fs::path& path : files()) {
    const Json file = read(path);
    for (const auto& base : members(object::member(file, "bases"))) {
      SCOPED_TRACE(path.filename().string() + " " + std::string(base.key()));
      boost::json::object named;
      named["base"] = base.key();
      const Json entry(std::move(named));
      ASSERT_NO_THROW(Case(file, entry).run());
    }
  }
}

}  // namespace
}  // namespace limen::validation
