// The golden files of admission: every bundled controller with what kube-apiserver's says of an
// object, and what it makes of it. tests/golden/admission/README.md tells the format.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iostream>
#include <map>

#include "support.h"

namespace limen::testkit {
namespace {

namespace fs = std::filesystem;

const fs::path kFiles = fs::path(LIMEN_GOLDEN_DIR) / "admission";

// These have no table: what they answer is what another server says, and their own tests
// (webhooks_test, webhook_answers_test, image_policy_webhook_test) stand in for that server.
const std::set<std::string> kAskAnotherServer = {"image-policy-webhook", "mutating-webhook",
                                                 "validating-webhook"};

// ---- reading

Json scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return Json(text);  // in quotes
  if (text == "true") return true;
  if (text == "false") return false;
  boost::system::error_code error;
  Json number = boost::json::parse(text, error);
  return !error && number.is_number() ? number : Json(text);
}

Json to_json(const YAML::Node& node) {
  if (node.IsMap()) {
    boost::json::object out;
    for (const auto& member : node) out[member.first.Scalar()] = to_json(member.second);
    return out;
  }
  if (node.IsSequence()) {
    boost::json::array out;
    for (const YAML::Node& item : node) out.push_back(to_json(item));
    return out;
  }
  return node.IsScalar() ? scalar(node) : Json();
}

const Json* member(const Json& object, std::string_view key) {
  return object.is_object() ? object.as_object().if_contains(key) : nullptr;
}
std::string word(const Json& object, std::string_view key, const std::string& otherwise = "") {
  const Json* found = member(object, key);
  return found == nullptr ? otherwise : std::string(found->as_string());
}
std::vector<std::string> words(const Json& object, std::string_view key) {
  std::vector<std::string> out;
  if (const Json* found = member(object, key))
    for (const Json& item : found->as_array()) out.emplace_back(item.as_string());
  return out;
}

// "group/resource", or "resource" of the core group.
std::pair<std::string, std::string> split(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  if (slash == std::string::npos) return {"", name};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

std::string unescaped(std::string_view step) {
  std::string out;
  for (std::size_t at = 0; at < step.size(); ++at) {
    if (step[at] == '~' && at + 1 < step.size()) {
      out += step[++at] == '1' ? '/' : '~';
    } else {
      out += step[at];
    }
  }
  return out;
}

// Sets what a pointer names and makes the objects on the way; null takes away.
void set(Json& root, std::string_view pointer, const Json& value) {
  Json* at = &root;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t slash = pointer.find('/');
    const std::string step = unescaped(pointer.substr(0, slash));
    pointer = slash == std::string_view::npos ? std::string_view() : pointer.substr(slash);
    if (at->is_null()) at->emplace_object();
    if (at->is_array()) {
      at = &at->as_array().at(std::stoul(step));
    } else if (pointer.empty() && value.is_null()) {
      at->as_object().erase(step);
      return;
    } else {
      at = &at->as_object()[step];
    }
  }
  *at = value;
}

Json with(Json base, const Json* changes) {
  if (changes == nullptr) return base;
  for (const auto& change : changes->as_object()) set(base, change.key(), change.value());
  return base;
}

// ---- what changed

std::string escaped(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~' || c == '/') {
      out += c == '~' ? "~0" : "~1";
    } else {
      out += c;
    }
  }
  return out;
}

// The smallest places that differ, with what is there now; null: nothing any more.
void differences(const Json& before, const Json& after, const std::string& at,
                 boost::json::object& out) {
  if (before == after) return;
  if (before.is_object() && after.is_object()) {
    for (const auto& [key, value] : before.as_object()) {
      const Json* now = member(after, key);
      differences(value, now == nullptr ? Json() : *now, at + "/" + escaped(key), out);
    }
    for (const auto& [key, value] : after.as_object())
      if (member(before, key) == nullptr) out[at + "/" + escaped(key)] = value;
  } else if (before.is_array() && after.is_array()) {
    const auto& old_items = before.as_array();
    const auto& items = after.as_array();
    for (std::size_t i = 0; i < std::max(old_items.size(), items.size()); ++i) {
      differences(i < old_items.size() ? old_items[i] : Json(),
                  i < items.size() ? items[i] : Json(), at + "/" + std::to_string(i), out);
    }
  } else {
    out[at] = after;
  }
}

// A generated name ends in question marks.
void hide_generated(Json& value) {
  if (value.is_object()) {
    for (auto& one : value.as_object()) hide_generated(one.value());
  } else if (value.is_array()) {
    for (Json& one : value.as_array()) hide_generated(one);
  } else if (value.is_string()) {
    constexpr std::string_view kStart = "kube-api-access-";
    const std::string_view text = value.as_string();
    if (text.starts_with(kStart) && text.size() == kStart.size() + 5)
      value = std::string(kStart) + "?????";
  }
}

// ---- one case

// What a module said of an object and made of it.
struct Outcome {
  std::string message, reason;
  std::int64_t code = 0;
  boost::json::object changes;
  std::vector<std::string> warnings;
  std::map<std::string, std::string> annotations;

  void take(const Reply& reply) {
    warnings.insert(warnings.end(), reply.warnings.begin(), reply.warnings.end());
    for (const auto& [key, value] : reply.annotations) annotations[key] = value;
    if (reply.admitted()) return;
    message = reply.denied ? reply.message : reply.error;
    reason = reply.denied ? reply.reason : "InternalError";
    code = !reply.denied ? 500 : reply.code == 0 ? 403 : reply.code;
  }
};

class Case {
 public:
  Case(const Module& module, const Json& file, const Json& entry)
      : module_(module), file_(file), entry_(entry), review_(read_review()) {}

  bool is_update() const { return review_.operation == LIMEN_OP_UPDATE; }
  bool is_allowed() const { return word(entry_, "says").empty(); }
  bool is_changed() const { return member(entry_, "changes") || member(entry_, "stored"); }

  void run() const {
    Instance instance(module_, options());
    serve_kinds(instance.host());
    answer_rights(instance.host());
    const Json* times = member(entry_, "times");
    for (std::int64_t left = times == nullptr ? 1 : times->as_int64(); left > 1; --left)
      EXPECT_EQ(ask(instance).message, "");
    compare(ask(instance));
    compare_store(instance.host());
  }

 private:
  // The case's own value, else the file's.
  const Json* either(std::string_view key) const {
    const Json* own = member(entry_, key);
    return own == nullptr ? member(file_, key) : own;
  }

  Json manifest(std::string_view whole, std::string_view changes) const {
    const Json* object = member(entry_, whole);
    if (object == nullptr) object = &file_.at("bases").at(word(entry_, "base", "plain"));
    return with(*object, member(entry_, changes));
  }

  Review read_review() const {
    static const std::map<std::string, std::uint32_t> kOperations = {{"create", LIMEN_OP_CREATE},
                                                                     {"update", LIMEN_OP_UPDATE},
                                                                     {"delete", LIMEN_OP_DELETE},
                                                                     {"connect", LIMEN_OP_CONNECT}};
    Review review;
    const std::string operation = word(entry_, "operation", "create");
    review.operation = kOperations.at(operation);
    review.action.verb = operation;
    const Json* resource = either("resource");
    std::tie(review.action.api_group, review.action.resource) =
        split(std::string(resource->as_string()));
    review.action.subresource = word(entry_, "subresource");
    review.action.ns = either("namespace") ? std::string(either("namespace")->as_string()) : "x";
    review.action.name = word(entry_, "named", "n");
    if (const Json* user = either("user")) {
      review.action.user.name = word(*user, "name", "alice");
      review.action.user.groups = words(*user, "groups");
    }
    review.dry_run = member(entry_, "dryRun") != nullptr;
    const Json* nothing = member(entry_, "object");
    if (review.operation != LIMEN_OP_DELETE && !(nothing != nullptr && nothing->is_null()))
      review.object = manifest("object", "set");
    if (review.operation == LIMEN_OP_UPDATE || review.operation == LIMEN_OP_DELETE)
      review.old_object = manifest("oldObject", "old");
    return review;
  }

  InstanceOptions options() const {
    InstanceOptions options;
    options.kind = LIMEN_KIND_ADMISSION;
    if (const Json* config = either("config")) options.config = *config;
    options.prepare = [this](FakeHost& host) {
      const Json* stored = either("objects");
      if (stored == nullptr) return;
      for (const auto& [name, list] : stored->as_object()) {
        const auto [group, resource] = split(std::string(name));
        for (const Json& object : list.as_array()) host.put(group, resource, object);
      }
    };
    return options;
  }

  void serve_kinds(FakeHost& host) const {
    const Json* kinds = member(file_, "kinds");
    if (kinds == nullptr) return;
    for (const auto& [name, served] : kinds->as_object()) {
      const auto [group, kind] = split(std::string(name));
      host.serve_kind(group, kind, word(served, "resource"), served.at("namespaced").as_bool());
    }
  }

  void answer_rights(FakeHost& host) const {
    host.answer_access([rights = words(entry_, "rights")](const AccessQuestion& asked) {
      const std::string right = asked.verb + " " + asked.api_group + "/" + asked.resource + "/" +
                                asked.subresource + " " + asked.ns + "/" + asked.name;
      return std::find(rights.begin(), rights.end(), right) != rights.end();
    });
  }

  // As a server does: mutates, asks a mutator again, validates. A module is not asked about
  // operations that are not its own.
  Outcome ask(Instance& instance) const {
    Outcome out;
    const auto* table = instance.table<limen_admission>(LIMEN_KIND_ADMISSION);
    if ((table->operations & review_.operation) == 0) return out;
    const Reply made = instance.admit(review_);
    out.take(made);
    if (!made.admitted()) return out;
    Review review = review_;
    review.object = made.object;
    differences(review_.object, made.object, "", out.changes);
    if (!out.changes.empty()) {
      review.reinvocation = true;
      EXPECT_EQ(instance.admit(review).object, made.object) << "changed again";
      review.reinvocation = false;
    }
    out.take(instance.validate(review));
    return out;
  }

  void compare(const Outcome& outcome) const {
    EXPECT_EQ(outcome.message, word(entry_, "says"));
    const Json* code = member(entry_, "code");
    if (!is_allowed()) {
      EXPECT_EQ(outcome.code, code == nullptr ? 403 : code->as_int64());
    }
    if (member(entry_, "reason") != nullptr) {
      EXPECT_EQ(outcome.reason, word(entry_, "reason"));
    }
    Json changes = outcome.changes;
    hide_generated(changes);
    const Json* wanted = member(entry_, "changes");
    EXPECT_EQ(changes, wanted == nullptr ? Json(boost::json::object()) : *wanted);
    EXPECT_EQ(outcome.warnings, words(entry_, "warnings"));
    if (const Json* annotations = member(entry_, "annotations")) {
      std::map<std::string, std::string> expected;
      for (const auto& [key, value] : annotations->as_object())
        expected[key] = std::string(value.as_string());
      EXPECT_EQ(outcome.annotations, expected);
    }
  }

  void compare_store(const FakeHost& host) const {
    const Json* stored = member(entry_, "stored");
    if (stored == nullptr) return;
    for (const auto& [name, objects] : stored->as_object()) {
      const auto [group, resource] = split(std::string(name));
      for (const auto& [place, values] : objects.as_object()) {
        const auto [ns, object] = split(std::string(place));
        const Json* found = host.find(group, resource, ns, object);
        EXPECT_EQ(found == nullptr, values.is_null()) << name << " " << place;
        if (found == nullptr || values.is_null()) continue;
        for (const auto& [pointer, value] : values.as_object())
          EXPECT_EQ(at(*found, std::string(pointer)), boost::json::serialize(value));
      }
    }
  }

  const Module& module_;
  const Json& file_;
  const Json& entry_;
  const Review review_;
};

// ---- all of them

// A key that is spelled wrong would let its case pass for nothing.
void check_keys(const Json& object, const std::set<std::string_view>& known) {
  for (const auto& member : object.as_object())
    EXPECT_TRUE(known.contains(member.key())) << "unknown key " << member.key();
}
const std::set<std::string_view> kFileKeys = {"resource", "namespace", "config", "objects",
                                              "user",     "kinds",     "bases",  "cases"};
const std::set<std::string_view> kCaseKeys = {
    "name", "resource", "subresource", "namespace", "named",       "operation",
    "user", "rights",   "config",      "objects",   "dryRun",      "times",
    "base", "set",      "old",         "object",    "oldObject",   "says",
    "code", "reason",   "changes",     "warnings",  "annotations", "stored"};

std::vector<std::string> bundled_controllers() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(LIMEN_BINARY_DIR "/lib/limen/modules")) {
    if (entry.path().extension() != ".so") continue;
    const std::string name = entry.path().stem();
    const Module module = load(name);
    try {
      (void)module.descriptor(LIMEN_KIND_ADMISSION);
    } catch (const std::runtime_error&) {
      continue;  // of another kind
    }
    if (!kAskAnotherServer.contains(name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

class GoldenAdmission : public testing::TestWithParam<std::string> {};

TEST_P(GoldenAdmission, SaysAndMakesWhatKubeApiserverDoes) {
  const fs::path path = kFiles / (GetParam() + ".yaml");
  ASSERT_TRUE(fs::exists(path)) << "a bundled admission controller without a table";
  const Json file = to_json(YAML::LoadFile(path.string()));
  const Module module = load(GetParam());
  check_keys(file, kFileKeys);
  std::size_t allowed = 0, touched = 0, updates = 0, cases = 0;
  std::set<std::string> names;
  for (const Json& entry : file.at("cases").as_array()) {
    SCOPED_TRACE(GetParam() + ": " + word(entry, "name"));
    EXPECT_TRUE(names.insert(word(entry, "name")).second) << "the name is taken";
    check_keys(entry, kCaseKeys);
    const Case one(module, file, entry);
    one.run();
    ++cases;
    allowed += one.is_allowed() ? 1 : 0;
    touched += !one.is_allowed() || one.is_changed() ? 1 : 0;
    updates += one.is_update() ? 1 : 0;
  }
  EXPECT_GE(cases, 3U);
  EXPECT_GE(updates, 1U);
  EXPECT_TRUE(allowed >= 1 || GetParam() == "always-deny");
  EXPECT_TRUE(touched >= 1 || GetParam() == "always-admit");
}

INSTANTIATE_TEST_SUITE_P(Controllers, GoldenAdmission, testing::ValuesIn(bundled_controllers()),
                         [](const testing::TestParamInfo<std::string>& one) {
                           std::string name = one.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// A table of a controller that does not exist would never be read.
TEST(GoldenAdmissionFiles, AreAllOfBundledControllers) {
  const std::vector<std::string> controllers = bundled_controllers();
  std::size_t cases = 0;
  for (const auto& entry : fs::directory_iterator(kFiles)) {
    if (entry.path().extension() != ".yaml") continue;
    EXPECT_NE(std::find(controllers.begin(), controllers.end(), entry.path().stem().string()),
              controllers.end())
        << entry.path();
    cases += YAML::LoadFile(entry.path().string())["cases"].size();
  }
  EXPECT_GE(cases, 200U);
}

}  // namespace
}  // namespace limen::testkit
