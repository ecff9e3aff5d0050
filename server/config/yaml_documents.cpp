#include "config/yaml_documents.h"

#include <yaml-cpp/eventhandler.h>

#include <sstream>
#include <vector>

namespace limen::config {

namespace {

// Where a document begins; nothing else of it.
class Starts final : public YAML::EventHandler {
 public:
  std::vector<YAML::Mark> marks;

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!marks.empty() && marks.back().pos == mark.pos) {
      throw YAML::ParserException(mark, "did not find expected node content");
    }
    marks.push_back(mark);
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

}  // namespace

Documents load_documents(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Starts starts;
  bool more = true;
  while (more && starts.marks.size() < 2) more = parser.HandleNextDocument(starts);
  Documents out;
  if (!starts.marks.empty()) out.first = YAML::Load(text);
  if (starts.marks.size() > 1) out.second = starts.marks[1];
  return out;
}

}  // namespace limen::config
