#include "isolation/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <future>
#include <thread>

#include "isolation/codec.h"
#include "modules/load_error.h"
#include "observability/log.h"

namespace limen::isolation {

namespace {

constexpr int kChildSocket = 3;

using modules::Gate;
using modules::LoadError;

// The server's environment but for what systemd meant for the server alone.
std::vector<char*> child_environment() {
  std::vector<char*> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const bool own = text.starts_with("NOTIFY_SOCKET=") || text.starts_with("WATCHDOG_") ||
                     text.starts_with("LISTEN_");
    if (!own) out.push_back(*entry);
  }
  out.push_back(nullptr);
  return out;
}

// Starts the program with `socket` as its descriptor 3. Returns its pid; throws LoadError.
pid_t run(const std::filesystem::path& program, int socket, const std::string& instance) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, socket, kChildSocket);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::string name = program.string();
  std::string title = instance;
  std::array<char*, 3> arguments = {name.data(), title.data(), nullptr};
  std::vector<char*> environment = child_environment();
  pid_t pid = 0;
  const int error =
      posix_spawn(&pid, name.c_str(), &actions, &attributes, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    throw LoadError(Gate::open, name + " cannot be started: " + std::strerror(error) +
                                    ": isolation needs this program of the package");
  }
  return pid;
}

std::string end_of(int status) {
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    const char* text = sigdescr_np(number);
    return "it was ended by signal " + std::to_string(number) +
           (text == nullptr ? "" : " (" + std::string(text) + ")");
  }
  return "it ended with code " + std::to_string(WEXITSTATUS(status));
}

// Waits for the process, killing it first; how it ended. Once for a pid.
std::string reap(pid_t pid) {
  ::kill(pid, SIGKILL);  // one that has ended keeps how it ended
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return end_of(status);
}

// The lowest level at which the instance is heard.
int log_level(const std::string& instance) {
  int level = 0;
  while (level < 3 && !log::module_enabled(static_cast<log::Level>(level), instance)) ++level;
  return level;
}

void add_log(Message& message, const std::string& instance) {
  message["log"] = log_level(instance);
  message["logJson"] = log::format() == log::Format::json;
}

// The findings of a judgement that travelled.
std::vector<modules::ConfigFinding> findings_of(const Message& message, std::string_view key) {
  std::vector<modules::ConfigFinding> out;
  for (auto& [pointer, text] : pairs_of(message, key)) out.push_back({pointer, text});
  return out;
}

bool has_ended(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid;
}

}  // namespace

ModuleProcess::ModuleProcess(ProcessOptions options) : options_(std::move(options)) {}

ModuleProcess::~ModuleProcess() { stop(base::SteadyClock::now()); }

void ModuleProcess::on_request(Peer::OnRequest handler) { on_request_ = std::move(handler); }

ModuleProcess::LifePtr ModuleProcess::spawn() {
  std::array<int, 2> sockets{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0) {
    throw LoadError(Gate::open,
                    std::string("no socket for a module's process: ") + std::strerror(errno));
  }
  auto life = std::make_shared<Life>();
  try {
    life->pid = run(options_.program, sockets[1], options_.spec.name);
  } catch (...) {
    ::close(sockets[0]);
    ::close(sockets[1]);
    throw;
  }
  ::close(sockets[1]);
  life->began = base::SteadyClock::now();
  const std::weak_ptr<Life> weak = life;
  life->objects = std::make_shared<ObjectService>(*options_.objects, serial_, [weak] {
    const LifePtr alive = weak.lock();
    return alive == nullptr ? nullptr : alive->peer;
  });
  const std::weak_ptr<ModuleProcess> self = weak_from_this();
  life->peer = std::make_shared<Peer>(
      sockets[0],
      [this, objects = life->objects](std::uint64_t id, Message& request) {
        if (!objects->answer(id, request) && on_request_) on_request_(id, request);
      },
      [self, weak] {
        if (const auto process = self.lock()) process->ended(weak);
      });
  life->peer->start();
  return life;
}

Message ModuleProcess::load_message() const {
  Message out;
  out["op"] = "load";
  out["folder"] = options_.folder.string();
  out["module"] = options_.spec.module_name();
  out["sha256"] = options_.spec.pins.sha256;
  out["signedBy"] = options_.spec.pins.signed_by;
  out["publicKey"] = options_.spec.pins.public_key;
  out["server"] = options_.server_version;
  out["memory"] = options_.spec.memory_limit;
  add_log(out, options_.spec.name);
  out["kind"] = static_cast<int>(options_.kind);
  out["name"] = options_.spec.name;
  out["timeout"] = options_.spec.timeout.count();
  return out;
}

void ModuleProcess::take_descriptors(const Message& answer) {
  const auto* all = answer.if_contains("descriptors");
  if (all == nullptr || !all->is_array()) return;
  for (const auto& one : all->get_array()) {
    if (one.is_object()) descriptors_.push_back(descriptor_of(one.get_object()));
  }
  build_ = text_of(answer, "build");
  sha256_ = text_of(answer, "sha256");
}

void ModuleProcess::load(base::Deadline deadline) {
  const LifePtr life = spawn();
  {
    const std::lock_guard lock(mutex_);
    life_ = life;
    state_ = State::loaded;
  }
  const auto loaded = std::make_shared<std::promise<Message>>();
  std::future<Message> future = loaded->get_future();
  life->peer->ask(next_id(), load_message(),
                  [loaded](Message& answer) { loaded->set_value(std::move(answer)); });
  if (future.wait_until(deadline) != std::future_status::ready) {
    throw LoadError(Gate::open, options_.spec.module_name() +
                                    ".so did not return from being opened in its own process");
  }
  const Message answer = future.get();
  if (const std::string error = text_of(answer, "error"); !error.empty()) {
    const auto gate = std::clamp<std::int64_t>(number_of(answer, "gate"), 0, 6);
    throw LoadError(static_cast<Gate>(gate), error);
  }
  if (answer.contains("gone")) {
    throw LoadError(Gate::open,
                    options_.spec.module_name() + ".so ended its process when it was opened");
  }
  take_descriptors(answer);
}

std::optional<modules::ConfigJudgement> ModuleProcess::judge(const object::Json& config,
                                                             base::Deadline deadline) const {
  modules::ConfigJudgement out;
  const LifePtr now = life();
  if (now == nullptr) {
    out.errors.push_back({"", "the module's process has ended before it was asked"});
    return out;
  }
  Message question;
  question["op"] = "judge";
  question["config"] = boost::json::serialize(config);
  const auto judged = std::make_shared<std::promise<Message>>();
  std::future<Message> future = judged->get_future();
  now->peer->ask(next_id(), std::move(question),
                 [judged](Message& answer) { judged->set_value(std::move(answer)); });
  if (future.wait_until(deadline) != std::future_status::ready) return std::nullopt;
  const Message answer = future.get();
  if (answer.contains("gone")) {
    out.errors.push_back({"", "the module's process ended when it was asked about it"});
    return out;
  }
  out.errors = findings_of(answer, "errors");
  out.warnings = findings_of(answer, "warnings");
  return out;
}

void ModuleProcess::pass_log_levels() const {
  const LifePtr now = life();
  if (now == nullptr) return;
  Message message;
  message["op"] = "log";
  add_log(message, options_.spec.name);
  now->peer->tell(message);
}

void ModuleProcess::start(const object::Json& config, Peer::OnAnswer done) {
  LifePtr now;
  {
    const std::lock_guard lock(mutex_);
    config_ = boost::json::serialize(config);
    if (state_ == State::loaded) {
      state_ = State::starting;
      now = life_;
    }
  }
  if (now == nullptr) {
    Message none;
    none["gone"] = "the module's process has ended before it was started";
    return done(none);
  }
  Message start;
  start["op"] = "start";
  start["config"] = config_;
  const auto self = shared_from_this();
  now->peer->ask(next_id(), std::move(start), [self, now, done](Message& answer) {
    const bool good = !answer.contains("gone") && !answer.contains("error");
    if (good) {
      const std::lock_guard lock(self->mutex_);
      if (self->state_ == State::starting && self->life_ == now) self->state_ = State::running;
    }
    done(answer);
  });
}

std::uint64_t ModuleProcess::next_id() const { return ++ids_; }

ModuleProcess::LifePtr ModuleProcess::life() const {
  const std::lock_guard lock(mutex_);
  return life_;
}

ModuleProcess::LifePtr ModuleProcess::running_life() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::running ? life_ : nullptr;
}

std::string ModuleProcess::absence() const {
  const std::lock_guard lock(mutex_);
  if (state_ == State::stopped) return "the module is being stopped";
  return "the module's process is not running" + (end_text_.empty() ? "" : ": " + end_text_);
}

void ModuleProcess::ask(std::uint64_t id, Message question, base::Deadline deadline,
                        Peer::OnAnswer done) {
  const LifePtr now = running_life();
  if (now == nullptr) {
    Message none;
    none["gone"] = absence();
    return done(none);
  }
  question["left"] = std::chrono::nanoseconds(deadline - base::SteadyClock::now()).count();
  now->peer->ask(id, std::move(question), std::move(done));
}

void ModuleProcess::give_up(std::uint64_t id, base::Deadline deadline) {
  const LifePtr now = running_life();
  if (now == nullptr || !now->peer->open(id)) return;
  Message cancel;
  cancel["op"] = "cancel";
  cancel["call"] = id;
  now->peer->tell(cancel);
  look_after(now, id, std::max(deadline, base::SteadyClock::now()) + kGrace);
}

void ModuleProcess::look_after(const LifePtr& life, std::uint64_t id, base::Deadline deadline) {
  const std::weak_ptr<Life> weak = life;
  serial_.post_at(deadline, [this, weak, id] {
    const LifePtr alive = weak.lock();
    if (alive == nullptr || alive->pid == 0 || !alive->peer->open(id)) return;
    log::error("an isolated module does not come back from a call; its process is killed",
               {{"name", options_.spec.name}});
    ::kill(alive->pid, SIGKILL);  // reaped on this executor only, so it is still ours
  });
}

void ModuleProcess::answer(std::uint64_t id, Message answer) {
  if (const LifePtr now = life()) now->peer->answer(id, std::move(answer));
}

void ModuleProcess::ended(const std::weak_ptr<Life>& life) {
  {
    // Nobody is sent to it from here on, though how it ended is not known yet.
    const std::lock_guard lock(mutex_);
    if (life_ == nullptr || life_ != life.lock()) return;
    if (state_ == State::stopped) return;
    if (state_ == State::running || state_ == State::starting) state_ = State::down;
  }
  serial_.post([this, life] {
    if (const LifePtr gone = life.lock()) bury(gone);
  });
}

// On the executor: the process is gone, or is made to go; the next one is due after a pause.
void ModuleProcess::bury(const LifePtr& gone) {
  const pid_t pid = gone->pid.exchange(0);
  if (pid == 0) return;
  const std::string how = reap(pid);
  gone->peer->close();
  gone->objects->end();
  std::chrono::milliseconds pause{};
  {
    const std::lock_guard lock(mutex_);
    if (life_ == gone) life_ = nullptr;
    end_text_ = how;
    if (state_ != State::down) return;
    if (base::SteadyClock::now() - gone->began >= kSteady) pause_ = kFirstPause;
    pause = pause_;
    pause_ = std::min(pause_ * 2, kLongestPause);
  }
  log::error("the process of an isolated module has ended; it is started again",
             {{"name", options_.spec.name},
              {"how", how},
              {"pause", std::to_string(pause.count()) + "ms"}});
  serial_.post_at(base::SteadyClock::now() + pause, [this] { start_again(); });
}

void ModuleProcess::start_again() {
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::down) return;
  }
  ++restarts_;
  LifePtr made;
  try {
    made = spawn();
  } catch (const std::exception& error) {
    log::error("the process of an isolated module cannot be started",
               {{"name", options_.spec.name}, {"error", error.what()}});
    serial_.post_at(base::SteadyClock::now() + kLongestPause, [this] { start_again(); });
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    life_ = made;
  }
  const std::weak_ptr<ModuleProcess> weak = weak_from_this();
  made->peer->ask(next_id(), load_message(), [weak, made](Message& loaded) {
    const auto self = weak.lock();
    if (self == nullptr) return;
    if (loaded.contains("gone") || loaded.contains("error")) {
      return self->started_again(made, loaded);
    }
    Message start;
    start["op"] = "start";
    start["config"] = self->config_;
    made->peer->ask(self->next_id(), std::move(start), [weak, made](Message& started) {
      if (const auto process = weak.lock()) process->started_again(made, started);
    });
  });
}

void ModuleProcess::started_again(const LifePtr& life, const Message& answer) {
  std::string error = text_of(answer, "error");
  if (error.empty()) error = text_of(answer, "gone");
  if (!error.empty()) {
    log::error("an isolated module did not start again",
               {{"name", options_.spec.name}, {"error", error}});
    life->peer->hang_up();  // its end is followed by the next attempt
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::down && life_ == life) state_ = State::running;
  }
  log::info("an isolated module runs again", {{"name", options_.spec.name}});
}

void ModuleProcess::stop(base::Deadline deadline) {
  LifePtr last;
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::stopped) return;
    state_ = State::stopped;
    last = std::move(life_);
  }
  if (last != nullptr) {
    Message stop;
    stop["op"] = "stop";
    last->peer->tell(stop);
    while (last->pid != 0 && !has_ended(last->pid) && base::SteadyClock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  serial_.stop(base::SteadyClock::now() + std::chrono::seconds(5));
  if (last == nullptr) return;
  if (const pid_t pid = last->pid.exchange(0); pid != 0) reap(pid);
  last->peer->close();
  last->objects->end();
}

pid_t ModuleProcess::pid() const {
  const std::lock_guard lock(mutex_);
  return life_ == nullptr ? 0 : life_->pid.load();
}

bool ModuleProcess::seen(const storage::ResourceId& id, storage::Revision revision,
                         std::function<void()> told) const {
  const LifePtr now = running_life();
  if (now == nullptr || !now->objects->follows(id)) return true;
  Message question;
  question["op"] = "seen";
  question["group"] = id.group;
  question["resource"] = id.resource;
  question["revision"] = revision;
  now->peer->ask(next_id(), std::move(question),
                 [told = std::move(told)](const Message&) { told(); });
  return false;
}

void ModuleProcess::catch_up(std::function<void()> told) const {
  const LifePtr now = running_life();
  if (now == nullptr) return told();
  // Behind what the executor still has to tell the process.
  serial_.post([this, now, told = std::move(told)]() mutable {
    Message question;
    question["op"] = "catch_up";
    now->peer->ask(next_id(), std::move(question),
                   [told = std::move(told)](const Message&) { told(); });
  });
}

}  // namespace limen::isolation
