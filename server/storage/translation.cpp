#include "storage/translation.h"

#include <algorithm>
#include <map>

#include "observability/log.h"
#include "storage/forwarding_driver.h"

namespace limen::storage {

namespace {

using Layers = std::vector<std::shared_ptr<Translation>>;
using Unreadable = std::map<std::string, std::string>;  // why, by key

[[noreturn]] void refuse(const Unreadable& unreadable) {
  std::string what = unreadable.begin()->second;
  if (unreadable.size() > 1) {
    what += " (and " + std::to_string(unreadable.size() - 1) + " more cannot be read)";
  }
  throw DriverError(what);
}

bool read_through(const Layers& layers, DriverChange& change, Texts& keep) {
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    if (!(*layer)->read(change, keep)) return false;
  }
  return true;
}

// Listens to the driver, tells the store.
class ReadingListener final : public DriverListener {
 public:
  ReadingListener(const Layers& layers, DriverListener& store) : layers_(layers), store_(store) {}

  void changed(const DriverChange& change) override {
    DriverChange seen = change;
    Texts keep;
    try {
      const bool ours = read_through(layers_, seen, keep);
      forgive(change.key);
      if (ours) store_.changed(seen);
    } catch (const DriverError& error) {
      log::error("a stored value cannot be read", {{"error", error.what()}});
      unreadable_.insert_or_assign(std::string(change.key), error.what());
      tell();
    }
  }
  void resync(Revision revision) override {
    unreadable_.clear();
    store_.resync(revision);
  }
  void resynced() override {
    store_.resynced();
    tell();
  }
  void trouble(std::string_view reason) override {
    driver_trouble_ = reason;
    tell();
  }

 private:
  void forgive(std::string_view key) {
    if (unreadable_.empty() || unreadable_.erase(std::string(key)) == 0) return;
    tell();
  }
  void tell() {
    if (!driver_trouble_.empty() || unreadable_.empty()) return store_.trouble(driver_trouble_);
    store_.trouble(unreadable_.begin()->second);
  }

  const Layers& layers_;
  DriverListener& store_;
  std::string driver_trouble_;
  Unreadable unreadable_;
};

// Ops as the driver gets them, until it is done with them.
struct Written {
  std::vector<DriverOp> ops;
  Texts keep;

  // Empty when all are 0.
  std::vector<std::uint32_t> forms() const {
    std::vector<std::uint32_t> out;
    const auto has_form = [](const DriverOp& op) { return op.form != 0; };
    if (std::none_of(ops.begin(), ops.end(), has_form)) return out;
    out.reserve(ops.size());
    for (const DriverOp& op : ops) out.push_back(op.form);
    return out;
  }
};

class TranslatingDriver final : public ForwardingDriver {
 public:
  TranslatingDriver(std::unique_ptr<Driver> driver, Layers layers)
      : ForwardingDriver(std::move(driver)), layers_(std::move(layers)) {}

  DriverState open() override {
    DriverState state = driver_->open();
    for (const auto& layer : layers_) layer->begin(state.prefix);
    return state;
  }
  void load(const std::function<void(const DriverChange&)>& each) override {
    Unreadable unreadable;
    driver_->load([&](const DriverChange& change) {
      DriverChange seen = change;
      Texts keep;
      try {
        const bool ours = read_through(layers_, seen, keep);
        seen.gap = !unreadable.empty() && unreadable.erase(std::string(change.key)) > 0;
        if (!ours) return;
      } catch (const DriverError& error) {
        unreadable.insert_or_assign(std::string(change.key), error.what());
        return;
      }
      each(seen);
    });
    if (!unreadable.empty()) refuse(unreadable);
  }

  void commit(std::span<const DriverOp> ops,
              std::function<void(CommitResult)> done) noexcept override {
    auto written = std::make_shared<Written>();
    written->ops.assign(ops.begin(), ops.end());
    try {
      for (DriverOp& op : written->ops) {
        for (const auto& layer : layers_) layer->write(op, written->keep);
      }
    } catch (const DriverError& error) {
      CommitResult refused;
      refused.error = error.what();
      return done(std::move(refused));
    }
    const std::span<const DriverOp> view(written->ops);
    driver_->commit(view,
                    [written = std::move(written), done = std::move(done)](CommitResult result) {
                      result.forms = written->forms();
                      done(std::move(result));
                    });
  }

  void watch(DriverListener& listener) override {
    listener_ = std::make_unique<ReadingListener>(layers_, listener);
    driver_->watch(*listener_);
  }

 private:
  const Layers layers_;
  std::unique_ptr<ReadingListener> listener_;
};

}  // namespace

std::unique_ptr<Driver> translated(std::unique_ptr<Driver> driver, Layers layers) {
  if (layers.empty()) return driver;
  return std::make_unique<TranslatingDriver>(std::move(driver), std::move(layers));
}

}  // namespace limen::storage
