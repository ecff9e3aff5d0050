#include "object/yaml_reader.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <array>
#include <charconv>
#include <cmath>
#include <istream>
#include <map>
#include <streambuf>
#include <utility>

#include "base/strings.h"
#include "object/canonical.h"

namespace limen::object {

namespace {

using boost::json::storage_ptr;

constexpr std::size_t kMaxReportedDuplicates = 100;

// What a value costs to copy.
struct Cost {
  std::size_t nodes = 0;
  std::size_t bytes = 0;
  Cost& operator+=(const Cost& other) {
    nodes += other.nodes;
    bytes += other.bytes;
    return *this;
  }
};

// An open mapping or sequence.
struct Frame {
  Frame(Json start, YAML::anchor_t id) : value(std::move(start)), anchor(id) {}
  bool is_map() const { return value.is_object(); }

  Json value;
  YAML::anchor_t anchor;
  Cost cost;
  bool has_key = false;    // maps: the next value belongs to `key`
  bool merge_key = false;  // maps: the key was `<<`
  std::string key;
};

struct Anchored {
  Json value;
  Cost cost;
};

std::string at_line(int line, std::string_view what) {
  return "yaml: line " + std::to_string(line + 1) + ": " + std::string(what);
}

// The text a scalar has as a JSON member name.
std::string key_text(const Json& key, int line) {
  switch (key.kind()) {
    case boost::json::kind::string:
      return std::string(std::string_view(key.get_string()));
    case boost::json::kind::bool_:
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
      return to_json(key);
    case boost::json::kind::double_: {
      std::array<char, 64> buffer;
      const auto narrow = static_cast<float>(key.get_double());
      const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), narrow).ptr;
      return std::string(buffer.data(), end);
    }
    default:
      throw DecodeError(at_line(line, "unsupported map key"));
  }
}

class Builder final : public YAML::EventHandler {
 public:
  Builder(const DecodeLimits& limits, storage_ptr storage)
      : limits_(limits), storage_(std::move(storage)), root_(storage_) {}

  // A parser that finds no node where a document begins gives an empty one and stays where it is,
  // for ever.
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (mark.pos == start_)
      throw DecodeError(at_line(mark.line, "did not find expected node content"));
    start_ = mark.pos;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish(Json(nullptr, storage_), {1, 0}, anchor, mark.line);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw DecodeError(at_line(mark.line, "anchor value contains itself"));
    }
    charge(found->second.cost);
    finish(Json(found->second.value, storage_), found->second.cost, 0, mark.line);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (!base::is_valid_utf8(text)) {
      throw DecodeError(at_line(mark.line, "invalid UTF-8 octet sequence"));
    }
    Frame* const frame = frames_.empty() ? nullptr : &frames_.back();
    if (frame && frame->is_map() && !frame->has_key && tag == "?" && text == "<<") {
      frame->has_key = frame->merge_key = true;
      return;
    }
    finish(resolve_yaml_scalar(tag, text, storage_), {1, text.size()}, anchor, mark.line);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Json(boost::json::array_kind, storage_), anchor, mark.line);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Json(boost::json::object_kind, storage_), anchor, mark.line);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

  Json take_root() { return std::move(root_); }

  std::vector<std::string> duplicates() const {
    if (duplicates_.empty()) return {};
    std::string text = "yaml: unmarshal errors:";
    for (const std::string& each : duplicates_) text += "\n  " + each;
    return {std::move(text)};
  }

 private:
  // Copies made for anchors and aliases: the only work that is not bounded by the text's size.
  void charge(const Cost& cost) {
    copied_ += cost;
    if (copied_.bytes > limits_.max_alias_bytes || copied_.nodes > limits_.max_nodes) {
      throw DecodeError("yaml: document contains excessive aliasing");
    }
  }

  void open(Json value, YAML::anchor_t anchor, int line) {
    if (!frames_.empty() && frames_.back().is_map() && !frames_.back().has_key) {
      throw DecodeError(at_line(line, "unsupported map key"));
    }
    if (frames_.size() >= limits_.max_depth) {
      throw DecodeError("yaml: exceeded max depth of " + std::to_string(limits_.max_depth));
    }
    frames_.emplace_back(std::move(value), anchor);
    line_ = line;
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    finish(std::move(frame.value), {frame.cost.nodes + 1, frame.cost.bytes}, frame.anchor, line_);
  }

  // A complete value: becomes the pending key, a member, an element or the document.
  void finish(Json value, Cost cost, YAML::anchor_t anchor, int line) {
    nodes_ += 1;
    if (nodes_ + copied_.nodes > limits_.max_nodes) throw DecodeError("yaml: too many values");
    if (anchor != 0) {
      charge(cost);
      anchors_.insert_or_assign(anchor, Anchored{Json(value), cost});
    }
    if (frames_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = frames_.back();
    frame.cost += cost;
    if (!frame.is_map()) {
      frame.value.get_array().push_back(std::move(value));
    } else if (!frame.has_key) {
      frame.key = key_text(value, line);
      frame.has_key = true;
    } else {
      frame.has_key = false;
      if (std::exchange(frame.merge_key, false)) {
        merge(frame, value, line);
      } else {
        set(frame.value.get_object(), frame.key, std::move(value), line);
      }
    }
  }

  void set(boost::json::object& members, std::string_view key, Json value, int line) {
    if (members.contains(key) && duplicates_.size() < kMaxReportedDuplicates) {
      duplicates_.push_back("line " + std::to_string(line + 1) + ": key " + base::go_quote(key) +
                            " already set in map");
    }
    members[key] = std::move(value);
  }

  // `<<`: members of a mapping, or of several of which earlier ones win.
  void merge(Frame& frame, const Json& from, int line) {
    boost::json::object& members = frame.value.get_object();
    const auto merge_one = [&](const Json& source) {
      if (!source.is_object()) {
        throw DecodeError(at_line(line, "map merge requires map or sequence of maps as the value"));
      }
      for (const auto& member : source.get_object()) members[member.key()] = member.value();
    };
    if (!from.is_array()) return merge_one(from);
    const boost::json::array& sources = from.get_array();
    for (auto source = sources.rbegin(); source != sources.rend(); ++source) merge_one(*source);
  }

  const DecodeLimits& limits_;
  storage_ptr storage_;
  Json root_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  Cost copied_;
  std::size_t nodes_ = 0;
  int line_ = 0;
  int start_ = -1;  // where the last document began
  std::vector<std::string> duplicates_;
};

// Reads a view without copying it.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // streambuf's type; never written
    setg(begin, begin, begin + text.size());
  }
};

}  // namespace

Decoded read_yaml(std::string_view text, const DecodeLimits& limits, storage_ptr storage) {
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  try {
    YAML::Parser parser(stream);
    Builder builder(limits, storage);
    if (!parser.HandleNextDocument(builder)) return {Json(nullptr, storage), {}};
    Decoded out{builder.take_root(), builder.duplicates()};
    // Empty documents may follow: a stream often ends with a separator.
    while (parser.HandleNextDocument(builder)) {
      if (!builder.take_root().is_null()) {
        throw DecodeError("yaml: expected a single document in the stream");
      }
    }
    return out;
  } catch (const YAML::DeepRecursion& error) {
    throw DecodeError(at_line(error.mark.line, "exceeded max depth"));
  } catch (const YAML::Exception& error) {
    if (error.mark.is_null()) throw DecodeError("yaml: " + error.msg);
    throw DecodeError(at_line(error.mark.line, error.msg));
  }
}

}  // namespace limen::object
