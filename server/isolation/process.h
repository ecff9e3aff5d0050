// ModuleProcess: the process in which one isolated module instance lives, seen from the server.
//
// It starts the host program with one end of a socket pair, has it load the module and start it,
// puts questions to it and answers its questions about stored objects. When the process dies, every
// open question is answered with an error, and it is started again after a pause that doubles from
// kFirstPause to kLongestPause; kSteady of quiet life makes the pause short again. A question that
// is open kGrace past its deadline means that the module hangs: the process is killed, which ends
// it for all who wait. Thread rule: any thread. Lifetime: shared; stop() before the last reference
// goes.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "isolation/object_service.h"
#include "isolation/peer.h"
#include "modules/executor_thread.h"
#include "modules/loader.h"
#include "modules/module_spec.h"
#include "modules/object_feed.h"
#include "observability/log_changes.h"
#include "storage/followers.h"

namespace limen::isolation {

struct ProcessOptions {
  std::filesystem::path program;  // limen-module-host
  std::filesystem::path folder;   // of the modules
  std::string server_version;
  modules::Kind kind = modules::Kind::authorizer;
  modules::ModuleSpec spec;
  const modules::ObjectSource* objects = nullptr;  // outlives the process
};

class ModuleProcess final : public storage::Followers,
                            public std::enable_shared_from_this<ModuleProcess> {
 public:
  static constexpr std::chrono::milliseconds kFirstPause{100};
  static constexpr std::chrono::milliseconds kLongestPause{30'000};
  static constexpr std::chrono::seconds kSteady{60};
  static constexpr std::chrono::seconds kGrace{1};

  explicit ModuleProcess(ProcessOptions options);
  ~ModuleProcess() override;

  // Starts the process and has it load the module. Throws LoadError.
  void load(base::Deadline deadline);
  // What the module says about a config, after load(); nothing when it does not answer in time. Not
  // on the channel's thread.
  std::optional<modules::ConfigJudgement> judge(const object::Json& config,
                                                base::Deadline deadline) const;
  const std::vector<modules::DescriptorInfo>& descriptors() const { return descriptors_; }
  const std::string& build() const { return build_; }
  bool sealed() const { return !options_.spec.pins.empty(); }
  const std::string& sha256() const { return sha256_; }  // of the file that was loaded
  const std::string& instance() const { return options_.spec.name; }

  // What the process tells without being asked: {"op": "rights"}, {"op": "metrics"}, and its
  // questions about rights. Before start().
  void on_request(Peer::OnRequest handler);
  // Starts the instance with this config; `done` gets the answer, or one with "gone". From then on
  // the process is started again whenever it ends.
  void start(const object::Json& config, Peer::OnAnswer done);

  std::uint64_t next_id() const;
  // Asks the instance; the answer comes at the latest kGrace after the deadline, with "gone" when
  // it did not come by itself.
  void ask(std::uint64_t id, Message question, base::Deadline deadline, Peer::OnAnswer done);
  // Nobody waits for this answer any more, because its deadline has passed or the client has gone.
  void give_up(std::uint64_t id, base::Deadline deadline);
  void answer(std::uint64_t id, Message answer);

  // Asks the instance to stop, waits for the process until the deadline, then kills it.
  void stop(base::Deadline deadline);

  // The process as it is now; 0 when there is none. How often it was started again.
  pid_t pid() const;
  std::uint64_t restarts() const { return restarts_.load(); }

  // Followers: what the instance follows.
  bool seen(const storage::ResourceId& id, storage::Revision revision,
            std::function<void()> told) const override;
  void catch_up(std::function<void()> told) const override;

 private:
  enum class State { idle, loaded, starting, running, down, stopped };
  // One life of the process.
  struct Life {
    std::atomic<pid_t> pid{0};  // 0 once it was waited for
    std::shared_ptr<ObjectService> objects;
    std::shared_ptr<Peer> peer;
    base::Deadline began;
  };
  using LifePtr = std::shared_ptr<Life>;

  LifePtr spawn();
  Message load_message() const;
  void pass_log_levels() const;
  void take_descriptors(const Message& answer);
  void ended(const std::weak_ptr<Life>& life);
  void bury(const LifePtr& life);
  void start_again();
  void started_again(const LifePtr& life, const Message& answer);
  LifePtr life() const;
  LifePtr running_life() const;
  std::string absence() const;
  void look_after(const LifePtr& life, std::uint64_t id, base::Deadline deadline);

  const ProcessOptions options_;
  std::vector<modules::DescriptorInfo> descriptors_;
  std::string build_, sha256_;
  std::string config_;  // JSON text, once started
  Peer::OnRequest on_request_;
  mutable std::mutex mutex_;
  State state_ = State::idle;
  LifePtr life_;
  std::string end_text_;  // how the last life ended
  std::chrono::milliseconds pause_ = kFirstPause;
  mutable std::atomic<std::uint64_t> ids_{0};
  std::atomic<std::uint64_t> restarts_{0};
  // Last: they use what stands above.
  mutable modules::ExecutorThread serial_{"module-process"};
  const log::ChangeListener log_changes_{[this] { pass_log_levels(); }};
};

}  // namespace limen::isolation
