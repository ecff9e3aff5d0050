#include "modules/store_adapter.h"

#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limen/draft/store.h"
#include "modules/module_instance.h"

namespace limen::modules {

namespace {

using storage::CommitResult;
using storage::DriverChange;
using storage::DriverError;
using storage::DriverOp;
using storage::Revision;

limen_str to_abi(std::string_view text) { return {text.data(), text.size()}; }

std::string_view to_view(limen_str text) {
  return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}

DriverChange to_change(const limen_store_change& raw) {
  DriverChange change;
  change.key = to_view(raw.key);
  change.value = to_view(raw.value);
  change.revision = raw.revision;
  change.created = raw.created;
  change.removed = raw.removed != 0;
  return change;
}

// Takes the text of a failed call.
class ErrorText {
 public:
  const limen_store_error* sink() const { return &sink_; }
  [[noreturn]] void raise(std::string_view doing, limen_status status) const {
    if (!text_.empty()) throw DriverError(text_);
    throw DriverError("the storage module failed to " + std::string(doing) + " (status " +
                      std::to_string(status) + ")");
  }

 private:
  static void set(void* arg, limen_str message) {
    static_cast<ErrorText*>(arg)->text_ = to_view(message);
  }
  std::string text_;
  limen_store_error sink_{sizeof(limen_store_error), 0, &ErrorText::set, this};
};

// One load(): no exception may pass the module's frames.
struct Loading {
  const std::function<void(const DriverChange&)>& each;
  std::exception_ptr thrown;

  static int32_t take(void* arg, const limen_store_change* raw) noexcept {
    auto& self = *static_cast<Loading*>(arg);
    try {
      self.each(to_change(*raw));
      return 0;
    } catch (...) {
      self.thrown = std::current_exception();
      return 1;
    }
  }
};

// One commit(), until the module completes it.
struct Committing {
  std::vector<limen_store_op> ops;
  std::function<void(CommitResult)> done;

  static void complete(void* arg, limen_status status, limen_str error, const int64_t* revisions,
                       size_t count) noexcept {
    const std::unique_ptr<Committing> self(static_cast<Committing*>(arg));
    CommitResult result;
    if (status != LIMEN_OK) {
      result.error = to_view(error);
      if (result.error.empty()) {
        result.error = "the storage module failed (status " + std::to_string(status) + ")";
      }
    } else if (count != self->ops.size()) {
      result.error = "the storage module answered a batch with another number of results";
    } else {
      result.stored = true;
      result.error = to_view(error);
      result.revisions.assign(revisions, revisions + count);
    }
    self->done(std::move(result));
  }
};

// One confirm(), until the module completes it.
struct Confirming {
  std::function<void(std::string)> done;

  static void complete(void* arg, limen_status status, limen_str error) noexcept {
    const std::unique_ptr<Confirming> self(static_cast<Confirming*>(arg));
    std::string text(to_view(error));
    if (status != LIMEN_OK && text.empty()) {
      text = "the storage module failed to confirm (status " + std::to_string(status) + ")";
    }
    self->done(status == LIMEN_OK ? std::string() : std::move(text));
  }
};

// What the module tells goes to the listener.
class Watcher {
 public:
  explicit Watcher(storage::DriverListener& listener) : listener_(listener) {}
  const limen_store_watcher* table() const { return &table_; }

 private:
  static storage::DriverListener& of(void* arg) { return static_cast<Watcher*>(arg)->listener_; }
  static void changed(void* arg, const limen_store_change* raw) noexcept {
    of(arg).changed(to_change(*raw));
  }
  static void resync(void* arg, int64_t revision) noexcept { of(arg).resync(revision); }
  static void resynced(void* arg) noexcept { of(arg).resynced(); }
  static void trouble(void* arg, limen_str reason) noexcept { of(arg).trouble(to_view(reason)); }

  storage::DriverListener& listener_;
  const limen_store_watcher table_{
      sizeof(limen_store_watcher), 0, this, &changed, &resync, &resynced, &trouble};
};

class ModuleDriver final : public storage::Driver {
 public:
  ModuleDriver(const limen_plugin& plugin, const limen_store& table,
               std::shared_ptr<ModuleInstance> keep)
      : plugin_(plugin), table_(table), keep_(std::move(keep)) {}

  storage::DriverState open() override {
    ErrorText error;
    limen_store_state state{1, 0, {nullptr, 0}};
    const limen_status status = table_.open(&plugin_, &state, error.sink());
    if (status != LIMEN_OK) error.raise("open", status);
    if (state.revision < 1 || state.compacted < 0 || state.compacted > state.revision) {
      throw DriverError("the storage module says it is at revision " +
                        std::to_string(state.revision) + ", compacted to " +
                        std::to_string(state.compacted) + ", which cannot be");
    }
    storage::DriverState given;
    given.revision = state.revision;
    given.compacted = state.compacted;
    if (state.prefix.len > 0) given.prefix = to_view(state.prefix);
    return given;
  }

  bool shared() const override { return table_.watch != nullptr; }

  void load(const std::function<void(const DriverChange&)>& each) override {
    ErrorText error;
    Loading loading{each, nullptr};
    const limen_status status = table_.load(&plugin_, &Loading::take, &loading, error.sink());
    if (loading.thrown) std::rethrow_exception(loading.thrown);
    if (status != LIMEN_OK) error.raise("load", status);
  }

  void commit(std::span<const DriverOp> ops,
              std::function<void(CommitResult)> done) noexcept override {
    auto committing = std::make_unique<Committing>();
    committing->done = std::move(done);
    committing->ops.reserve(ops.size());
    for (const DriverOp& op : ops) {
      committing->ops.push_back({to_abi(op.key), to_abi(op.value), op.expected, op.remove ? 1 : 0,
                                 static_cast<std::int32_t>(op.ttl.count())});
    }
    Committing* const raw = committing.release();  // complete() owns it
    table_.commit(&plugin_, raw->ops.data(), raw->ops.size(), &Committing::complete, raw);
  }

  Revision compact(Revision revision, std::size_t limit) override {
    ErrorText error;
    std::int64_t reached = 0;
    const limen_status status = table_.compact(&plugin_, revision, limit, &reached, error.sink());
    if (status != LIMEN_OK) error.raise("compact", status);
    return reached;
  }

  void watch(storage::DriverListener& listener) override {
    if (!shared()) return;
    watcher_ = std::make_unique<Watcher>(listener);
    const limen_status status = table_.watch(&plugin_, watcher_->table());
    if (status != LIMEN_OK) ErrorText().raise("watch", status);
  }

  void confirm(std::function<void(std::string)> done) noexcept override {
    if (!shared()) return done({});
    table_.confirm(&plugin_, &Confirming::complete, new Confirming{std::move(done)});
  }

  void advance(Revision revision) override {
    if (table_.advance == nullptr) return Driver::advance(revision);
    ErrorText error;
    const limen_status status = table_.advance(&plugin_, revision, error.sink());
    if (status != LIMEN_OK) error.raise("advance", status);
  }

  // The plugin is stopped by who started it.
  void close() noexcept override {}

 private:
  const limen_plugin& plugin_;
  const limen_store& table_;
  const std::shared_ptr<ModuleInstance> keep_;  // null: the plugin is somebody else's to keep
  std::unique_ptr<Watcher> watcher_;
};

std::unique_ptr<storage::Driver> make(const limen_plugin& plugin,
                                      std::shared_ptr<ModuleInstance> keep) {
  const auto* const table =
      static_cast<const limen_store*>(plugin.get_extension(&plugin, LIMEN_KIND_STORE));
  if (table == nullptr) throw DriverError("the module offers no storage driver (limen.store/0)");
  if (table->struct_size < sizeof(limen_store) || table->open == nullptr ||
      table->load == nullptr || table->commit == nullptr || table->compact == nullptr ||
      (table->watch == nullptr) != (table->confirm == nullptr)) {
    throw DriverError(
        "the module's storage driver is of another draft of limen.store/0 than this server's: "
        "rebuild it with this server's SDK");
  }
  return std::make_unique<ModuleDriver>(plugin, *table, std::move(keep));
}

}  // namespace

std::unique_ptr<storage::Driver> store_driver(std::shared_ptr<ModuleInstance> instance) {
  const limen_plugin& plugin = *instance->plugin();
  return make(plugin, std::move(instance));
}

std::unique_ptr<storage::Driver> store_driver(const limen_plugin& plugin) {
  return make(plugin, nullptr);
}

}  // namespace limen::modules
