#include "storage/migration.h"

#include <openssl/evp.h>

#include <array>
#include <boost/json.hpp>
#include <future>
#include <utility>
#include <vector>

#include "storage/key.h"
#include "storage/migration_mark.h"
#include "storage/scan.h"

namespace limen::storage {

namespace {

constexpr std::size_t kTellEvery = 1000;         // keys
constexpr std::size_t kCompactAtOnce = 100'000;  // changes

using Hash = std::array<unsigned char, 32>;

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    check(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  Sha256& add(std::string_view bytes) {
    check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
    return *this;
  }
  Sha256& add(const Hash& hash) {
    return add({reinterpret_cast<const char*>(hash.data()), hash.size()});
  }
  Hash finish() {
    Hash hash{};
    check(EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr) == 1);
    return hash;
  }

 private:
  static void check(bool good) {
    if (!good) throw MigrationError("SHA-256 cannot be computed");
  }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

std::string hex(const Hash& hash) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : hash) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

// What is at a key.
struct Item {
  Hash hash{};
  Revision revision = 0;
  std::string value;  // of the source alone
};
using Items = std::map<std::string, Item, std::less<>>;

struct Content {
  Items items;
  DriverState state;
  Revision marked = 0;  // the mark's revision; 0: there is none
  std::string mark;     // its value
};

enum class Values { keep, drop };

std::string digest_of(const Items& items) {
  Sha256 all;
  for (const auto& [key, item] : items) {
    all.add(key).add(std::string_view("\0", 1)).add(item.hash);
  }
  return hex(all.finish());
}

class NoListener final : public DriverListener {
 public:
  void changed(const DriverChange&) override {}
  void resync(Revision) override {}
  void resynced() override {}
  void trouble(std::string_view) override {}
};

// One side, opened.
class Opened {
 public:
  explicit Opened(const MigrationSide& side) : side_(side), driver_(side.open()) {}
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() { driver_->close(); }

  Driver& driver() { return *driver_; }
  const std::string& name() const { return side_.name; }

  // Everything there is now. Once.
  Content read(Values values, MigrationStep step, const MigrationOptions& options) {
    Content content;
    content.state = driver_->open();
    std::size_t read = 0;
    driver_->load([&](const DriverChange& change) {
      take(content, change, values);
      if (++read % kTellEvery == 0 && options.progress) options.progress(step, read, 0);
    });
    if (options.progress) options.progress(step, content.items.size(), content.items.size());
    driver_->watch(listener_);
    return content;
  }

  // One revision an op. Throws when not all is known to be stored.
  std::vector<OpRevision> commit(const std::vector<DriverOp>& ops) {
    std::promise<CommitResult> answer;
    driver_->commit(ops, [&](CommitResult result) { answer.set_value(std::move(result)); });
    CommitResult result = answer.get_future().get();
    if (!result.stored) throw DriverError(name() + ": " + result.error);
    for (std::size_t i = 0; i < ops.size(); ++i) {
      if (result.revisions[i] == kUnknownOutcome) throw DriverError(name() + ": " + result.error);
      if (result.revisions[i] == 0) {
        throw MigrationError(name() + " was changed by somebody else meanwhile (" +
                             std::string(ops[i].key) +
                             "): stop who uses it and run the migration again");
      }
    }
    return std::move(result.revisions);
  }

  void forget_history(Revision up_to) {
    Revision reached = 0;
    while (reached < up_to) {
      const Revision now = driver_->compact(up_to, kCompactAtOnce);
      if (now <= reached) return;  // as far as it goes
      reached = now;
    }
  }

 private:
  static void take(Content& content, const DriverChange& change, Values values) {
    if (change.key == kMigrationMark) {
      content.marked = change.removed ? 0 : change.revision;
      content.mark = change.value;
      return;
    }
    if (change.removed) {
      if (const auto found = content.items.find(change.key); found != content.items.end()) {
        content.items.erase(found);
      }
      return;
    }
    Item& item = content.items[std::string(change.key)];
    item.hash = Sha256().add(change.value).finish();
    item.revision = change.revision;
    if (values == Values::keep) item.value = change.value;
  }

  const MigrationSide& side_;
  NoListener listener_;  // outlives the driver
  const std::unique_ptr<Driver> driver_;
};

// Writes in batches.
class Batches {
 public:
  Batches(Opened& target, const MigrationOptions& options, std::size_t all)
      : target_(target), options_(options), all_(all) {}

  // The key and the value outlive the batches.
  void add(const DriverOp& op) {
    if (!ops_.empty() && bytes_ + op.value.size() > options_.batch_bytes) flush();
    bytes_ += op.value.size();
    ops_.push_back(op);
    if (ops_.size() >= options_.batch_writes) flush();
  }
  void flush() {
    if (ops_.empty()) return;
    target_.commit(ops_);
    done_ += ops_.size();
    ops_.clear();
    bytes_ = 0;
    if (options_.progress) options_.progress(MigrationStep::writing, done_, all_);
  }

 private:
  Opened& target_;
  const MigrationOptions& options_;
  const std::size_t all_;
  std::vector<DriverOp> ops_;
  std::size_t bytes_ = 0, done_ = 0;
};

// A client that saw the source's revision of the same state must not see a smaller one.
bool same(const Item& from, const Item* to) {
  return to != nullptr && to->hash == from.hash && to->revision > from.revision;
}

const Item* find(const Items& items, std::string_view key) {
  const auto found = items.find(key);
  return found == items.end() ? nullptr : &found->second;
}

bool holds_the_same(const Items& source, const Items& target) {
  if (source.size() != target.size()) return false;
  for (const auto& [key, item] : source) {
    if (!same(item, find(target, key))) return false;
  }
  return true;
}

std::string mark_text(const std::string& source) {
  return boost::json::serialize(boost::json::object{{"migratingFrom", source}});
}

// What the mark says is being moved in; as much of it as can be read.
std::string marked_source(const std::string& mark) {
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(mark, error);
  const boost::json::value* from =
      !error && value.is_object() ? value.get_object().if_contains("migratingFrom") : nullptr;
  return from != nullptr && from->is_string() ? std::string(from->get_string()) : "a store unknown";
}

class Migration {
 public:
  Migration(const MigrationSide& source, const MigrationSide& target,
            const MigrationOptions& options)
      : source_side_(source), target_side_(target), options_(options), source_(source) {}

  MigrationReport run() {
    from_ = source_.read(Values::keep, MigrationStep::reading_source, options_);
    refuse_source();
    describe();
    fill();
    if (!report_.was_there) settle();
    return std::move(report_);
  }

 private:
  void refuse_source() const {
    if (from_.marked != 0) {
      throw MigrationError(source_side_.name + " is itself not whole: " +
                           marked_source(from_.mark) + " was being moved into it; finish that");
    }
    if (from_.items.empty()) throw MigrationError(source_side_.name + " holds no objects");
  }

  void describe() {
    report_.source = from_.state.revision;
    report_.keys = from_.items.size();
    report_.sha256 = digest_of(from_.items);
    for (const auto& [text, item] : from_.items) {
      const auto key = parse_driver_key(text);
      if (!key) throw MigrationError(source_side_.name + " holds " + text + ", which is no object");
      if (!scan_object(item.value)) {
        throw MigrationError(source_side_.name + " holds " + text +
                             ", whose value is no object: what is encrypted is read with the "
                             "configuration that says how");
      }
      const ResourceId& id = key->id;
      ++report_.objects[id.group.empty() ? id.resource : id.resource + '.' + id.group];
    }
  }

  // Has the target hold what the source holds, and the mark.
  void fill() {
    Opened target(target_side_);
    Content to = target.read(Values::drop, MigrationStep::reading_target, options_);
    if (to.marked == 0 && !to.items.empty()) {
      refuse_target(to);
      report_.was_there = true;
      report_.target = to.state.revision;
      report_.kept = to.items.size();
      return;
    }
    report_.resumed = to.marked != 0;
    if (report_.resumed && marked_source(to.mark) != source_side_.name) {
      throw MigrationError(target_side_.name + " holds a part of " + marked_source(to.mark) +
                           ", not of " + source_side_.name +
                           ": name that source, or empty the target");
    }
    // Before the mark: a target that cannot do it stays untouched.
    if (to.state.revision < from_.state.revision) target.driver().advance(from_.state.revision);
    if (!report_.resumed) put_mark(target);
    write_differences(target, to.items);
  }

  void refuse_target(const Content& to) const {
    if (holds_the_same(from_.items, to.items)) return;
    throw MigrationError(target_side_.name + " holds " + std::to_string(to.items.size()) +
                         " objects already: a store is moved into an empty one only");
  }

  void put_mark(Opened& target) const {
    const std::string text = mark_text(source_side_.name);
    target.commit({DriverOp{kMigrationMark, text}});
  }

  void write_differences(Opened& target, const Items& to) {
    std::vector<DriverOp> ops;
    for (const auto& [key, item] : from_.items) {
      const Item* there = find(to, key);
      if (same(item, there)) {
        ++report_.kept;
        continue;
      }
      ops.push_back({key, item.value, there != nullptr ? there->revision : 0, false, ttl_of(key)});
      ++report_.written;
    }
    for (const auto& [key, item] : to) {
      if (find(from_.items, key) != nullptr) continue;
      ops.push_back({key, {}, item.revision, true});
      ++report_.removed;
    }
    Batches batches(target, options_, ops.size());
    for (const DriverOp& op : ops) batches.add(op);
    batches.flush();
  }

  std::chrono::seconds ttl_of(const std::string& text) const {
    const auto key = parse_driver_key(text);
    return options_.ttl && key ? options_.ttl(key->id) : std::chrono::seconds(0);
  }

  // Reads the target as a server would, and takes the mark away.
  void settle() {
    Opened target(target_side_);
    const Content to = target.read(Values::drop, MigrationStep::verifying, options_);
    verify(to);
    if (source_.driver().shared()) verify_source();
    target.forget_history(to.state.revision);
    report_.target = target.commit({DriverOp{kMigrationMark, {}, to.marked, true}}).front();
  }

  void verify(const Content& to) const {
    const std::string digest = digest_of(to.items);
    if (to.marked != 0 && digest == report_.sha256 && holds_the_same(from_.items, to.items)) return;
    throw MigrationError(target_side_.name + " does not hold what was written to it (" +
                         std::to_string(to.items.size()) + " objects of " +
                         std::to_string(report_.keys) + ", digest " + digest + " instead of " +
                         report_.sha256 + "): stop who uses it and run the migration again");
  }

  // Others could write to the source while it was copied.
  void verify_source() const {
    Opened again(source_side_);
    const Content now = again.read(Values::drop, MigrationStep::verifying, options_);
    if (unchanged(now.items)) return;
    throw MigrationError(source_side_.name +
                         " was changed while it was moved: stop its servers and run the migration "
                         "again, it goes on where it stopped");
  }

  bool unchanged(const Items& now) const {
    for (const auto& [key, item] : now) {
      const Item* moved = find(from_.items, key);
      if (moved == nullptr || moved->revision != item.revision) return false;
    }
    if (now.size() == from_.items.size()) return true;
    // What goes by itself may have gone; in the target it does, too.
    for (const auto& [key, item] : from_.items) {
      if (find(now, key) == nullptr && ttl_of(key).count() == 0) return false;
    }
    return true;
  }

  const MigrationSide& source_side_;
  const MigrationSide& target_side_;
  const MigrationOptions& options_;
  Opened source_;  // to the end: nobody else opens it
  Content from_;
  MigrationReport report_;
};

}  // namespace

MigrationReport migrate(const MigrationSide& source, const MigrationSide& target,
                        const MigrationOptions& options) {
  return Migration(source, target, options).run();
}

}  // namespace limen::storage
