// The table in tests/golden/apply/cases.txt, which says how it is read.
#include <algorithm>
#include <fstream>

#include "unit/validation/apply/support.h"

namespace limen::validation::apply {

namespace {

std::string type_name(const std::string& kind) {
  if (kind == "Deployment") return "io.k8s.api.apps.v1." + kind;
  if (kind == "Role") return "io.k8s.api.rbac.v1." + kind;
  return "io.k8s.api.core.v1." + kind;
}

// One paragraph.
class Case {
 public:
  Case(const std::string& title, const std::string& kind)
      : title_(title), world_(type_name(kind)) {}

  void line(const std::string& text) {
    SCOPED_TRACE(title_ + ": " + text);
    const std::size_t space = text.find(' ');
    const std::string first = text.substr(0, space);
    const std::string rest = text.substr(space + 1);
    if (first == "is") {
      settle();
      EXPECT_EQ(world_.object, yaml(rest)) << object::to_json(world_.object);
    } else if (first == "conflict" || first == "fault") {
      std::string shown = answer_;
      std::replace(shown.begin(), shown.end(), '\n', '|');
      EXPECT_EQ(shown, rest);
      answer_.clear();
    } else {
      act(first, rest);
    }
  }
  void settle() {
    EXPECT_EQ(answer_, "") << title_;
    answer_.clear();
  }

 private:
  void act(const std::string& manager, const std::string& text) {
    const std::size_t space = text.find(' ');
    const std::string verb = text.substr(0, space);
    const std::string rest = text.substr(space + 1);
    settle();
    if (verb == "owns" || verb == "has") {
      EXPECT_EQ(world_.fields(manager, verb == "owns"), rest);
    } else if (verb == "updates") {
      world_.update(manager, yaml(rest));
    } else if (verb == "applies" || verb == "forces") {
      const object::Json config = yaml(rest);
      answer_ = base::join(faults_of(config, world_.type()), "|");
      if (answer_.empty()) answer_ = world_.apply(manager, config, verb == "forces");
    } else {
      ADD_FAILURE() << "no such verb";
    }
  }

  std::string title_, answer_;
  World world_;
};

}  // namespace

TEST(ApplyCases, TheTableHolds) {
  std::ifstream file(std::string(LIMEN_GOLDEN_DIR) + "/apply/cases.txt");
  ASSERT_TRUE(file);
  std::optional<Case> current;
  std::size_t cases = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("case ")) {
      if (current) current->settle();
      const std::size_t colon = line.rfind(": ");
      current.emplace(line.substr(5, colon - 5), line.substr(colon + 2));
      ++cases;
    } else {
      ASSERT_TRUE(current);
      current->line(line);
    }
  }
  if (current) current->settle();
  EXPECT_GE(cases, 100u);
}

}  // namespace limen::validation::apply
