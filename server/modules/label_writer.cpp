#include "modules/label_writer.h"

#include <memory>
#include <utility>

#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "object/names.h"
#include "observability/log.h"

namespace limen::modules {

namespace {

constexpr int kAttempts = 5;

// One label on its way. Kept alive by the write it waits for; the store outlives every write.
class LabelWrite : public std::enable_shared_from_this<LabelWrite> {
 public:
  LabelWrite(storage::Store& store, storage::Key key, std::string label, std::string value)
      : store_(store), key_(std::move(key)), label_(std::move(label)), value_(std::move(value)) {}

  void run(const storage::ObjectPtr& object) {
    object::Json changed;
    try {
      changed = object::mutable_copy(object::Document::parse(object->json).root());
    } catch (const std::exception& error) {
      return give_up(error.what());
    }
    object::Json& metadata = changed.at("metadata");
    boost::json::object& labels = object::object_at(metadata, "labels");
    if (object::text_at(metadata.at("labels"), label_) == value_) return;
    labels[label_] = value_;
    store_.update(key_, object->revision, object::canonical(changed),
                  [self = shared_from_this(), uid = object->uid](
                      const storage::WriteResult& result) { self->written(result, uid); });
  }

 private:
  void written(const storage::WriteResult& result, const std::string& uid) {
    if (result.status == storage::WriteStatus::ok) return;
    if (result.status == storage::WriteStatus::not_found) return;
    if (result.status == storage::WriteStatus::conflict && ++attempts_ < kAttempts) {
      const storage::ObjectPtr now = store_.get(key_);
      if (now != nullptr && now->uid == uid) run(now);
      return;
    }
    give_up(result.error.empty() ? "the store is busy" : result.error);
  }

  void give_up(const std::string& why) const {
    log::warn("a label was not set", {{"resource", key_.id.resource},
                                      {"namespace", key_.ns},
                                      {"name", key_.name},
                                      {"label", label_},
                                      {"error", why}});
  }

  storage::Store& store_;
  const storage::Key key_;
  const std::string label_, value_;
  int attempts_ = 0;
};

}  // namespace

limen_status set_label(storage::Store& store, const storage::Key& key, const std::string& label,
                       const std::string& value) {
  if (!object::qualified_name(label).empty() || !object::label_value(value).empty()) {
    return LIMEN_E_INVALID;
  }
  const storage::ObjectPtr object = store.get(key);
  if (object == nullptr) return LIMEN_E_NOT_FOUND;
  std::make_shared<LabelWrite>(store, key, label, value)->run(object);
  return LIMEN_OK;
}

}  // namespace limen::modules
