// resourcequota: the status of a ResourceQuota tells what is limited and how much of it is used.
//
// What is used is raised by who admits objects (the module resource-quota); here it is compared
// with what is stored: at once when a quota was changed, when something that counts has gone or
// uses less, after a while when anything else of it was written, and every few minutes. The
// reckoning is the module's own (limen/cpp/quota_usage.hpp). What an object was charged for that is
// not stored yet is never taken for free: before an amount is corrected, the writes that were under
// way are waited for, and the correction is void when somebody was charged meanwhile. Thread rule:
// as Controller.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"
#include "limen/cpp/quota_usage.hpp"

namespace limen::controllers {

// What the objects of a namespace use of what `hard` names.
quota::Amounts reckon_usage(const storage::Store& store, const std::string& ns,
                            const quota::Amounts& hard, const std::vector<quota::ScopeRule>& scopes,
                            std::int64_t now);

class ResourceQuotas final : public Controller {
 public:
  // When a quota is looked at though nothing tells that it has to be.
  static constexpr std::chrono::minutes kEvery{5};
  // How long after something that counts was written.
  static constexpr std::chrono::seconds kAfterWrites{2};
  // Of the time no more than one part in so many goes to reckoning up one quota.
  static constexpr int kShare = 10;
  // How many looks may wait for writes at once; the rest of the queue's are for quotas that writes
  // wait for.
  static constexpr std::size_t kMostWaiting = KeyQueue::kAtOnce / 2;

  // `write_time`: how long a write that was charged may take to be stored by another server; 0:
  // there is none.
  ResourceQuotas(Scope& scope, Objects& objects, std::chrono::milliseconds write_time);

  std::string_view name() const override;
  void start() override;
  bool idle() const override { return queue_.idle(); }
  void stop() override;

 private:
  // What is remembered of a quota.
  struct Known {
    std::string spec;  // as JSON
    std::set<quota::GroupResource> counted;
    base::Deadline not_before{};  // when it may be looked at again
    // What was used when it was first seen not to agree, and since when; other servers' charges
    // up to then are stored, or given up, once the time of a write has passed.
    std::optional<quota::Amounts> doubtful;
    base::Deadline doubtful_since{};
    base::Executor::TimerId timer = 0;
    base::Deadline due{};  // of the timer
  };
  struct Quota;

  void quota_told(const storage::StoredObject& object, bool gone);
  void object_told(const quota::GroupResource& of, const storage::StoredObject& object, bool gone);
  // Follows the resources that quotas count and that are served, and no others.
  void follow();
  void definition_told();
  void ask(const std::string& key, std::chrono::milliseconds delay);
  void ask_all();
  void arm_all();

  base::Task<bool> look(std::string key);
  base::Task<bool> write(Quota quota, quota::Amounts used);
  base::Task<bool> correct_among_others(std::string key);
  // Whether its amounts have been in doubt for long enough; else it is looked at again by then.
  bool is_time_to_correct(const std::string& key, const Quota& quota);
  void forget_doubt(const std::string& key);
  base::Task<void> writes_end(std::string ns);
  Quota read(const std::string& key) const;
  quota::Amounts reckon(const Quota& quota);

  Scope& scope_;
  Objects& objects_;
  const std::chrono::milliseconds write_time_;
  KeyQueue queue_;
  Informer quotas_, definitions_;
  std::map<std::string, Known> known_;  // by namespace/name
  std::map<quota::GroupResource, std::unique_ptr<Informer>> informers_;
  std::set<quota::GroupResource> followed_;
  std::size_t waiting_ = 0;  // looks that wait for writes
  bool starting_ = false;    // being told of what was there before
  base::Executor::TimerId timer_ = 0, follow_timer_ = 0;
};

}  // namespace limen::controllers
