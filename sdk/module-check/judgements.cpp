#include "judgements.h"

#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <deque>
#include <filesystem>
#include <functional>
#include <set>
#include <thread>

#include "report.h"
#include "session.h"

namespace limen::module_check {

using namespace std::chrono_literals;
using testkit::Json;
using testkit::Reply;

namespace {

constexpr std::size_t kEdgeConfigs = 200;

std::size_t files_in(const char* folder) {
  std::error_code error;
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder, error),
                                                std::filesystem::directory_iterator()));
}
std::size_t threads() { return files_in("/proc/self/task"); }
std::size_t descriptors() { return files_in("/proc/self/fd"); }

// Bytes that are in use on the heap of every thread.
std::int64_t heap_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
}

std::uint32_t operations_of(const Session& session) {
  return session.admission() == nullptr ? 0 : session.admission()->operations;
}

Json config_for(const Subject& subject, const limen_descriptor& descriptor) {
  if (subject.config) return *subject.config;
  boost::system::error_code error;
  const Json schema = boost::json::parse(
      descriptor.config_schema == nullptr ? "{}" : descriptor.config_schema, error);
  return error ? Json(boost::json::object()) : smallest_config(schema);
}

// A module that has been opened and entered; what is wrong with it has been said.
bool load(const Subject& subject, Loaded& module) {
  return module.open(subject.file) && module.enter(subject.file);
}

// A plugin that has been started, and what to ask it.
struct Running {
  Running(const Subject& subject, Session::Options options = {}) {
    if (!load(subject, module)) return;
    config = config_for(subject, module.descriptor(subject.plugin));
    session = std::make_unique<Session>(module, subject.plugin, config, options);
    const std::string why = session->start();
    if (!why.empty()) {
      not_judged("it did not start: " + why + ": give a config it works with by --config FILE");
      session.reset();
      return;
    }
    samples = samples_for(session->descriptor().kind, operations_of(*session), subject.objects);
  }
  explicit operator bool() const { return session != nullptr; }
  Session* operator->() { return session.get(); }

  Loaded module;
  Json config;
  std::vector<Sample> samples;  // before the session: calls point into them
  std::unique_ptr<Session> session;
};

// ---- of the file

void check_text(const limen_descriptor& one, const char* what, const char* text, bool needed) {
  if (text == nullptr ? needed : !is_utf8(text)) {
    fault("descriptor", std::string("the ") + what + " of plugin " +
                            (one.id == nullptr ? "?" : one.id) +
                            (text == nullptr ? " is NULL" : " is not UTF-8"));
  }
}

void check_descriptor(const limen_descriptor& one) {
  check_text(one, "id", one.id, true);
  check_text(one, "kind", one.kind, true);
  check_text(one, "version", one.version, true);
  check_text(one, "vendor", one.vendor, false);
  check_text(one, "url", one.url, false);
  check_text(one, "summary", one.summary, false);
  check_text(one, "config_schema", one.config_schema, false);
  if ((one.flags & ~std::uint32_t{LIMEN_DESCRIPTOR_FLAGS_1_0}) != 0) {
    fault("descriptor",
          "the flags of a descriptor have bits that no host knows: it would not be loaded");
  }
  if (one.config_schema != nullptr) {
    boost::system::error_code error;
    boost::json::parse(one.config_schema, error);
    if (error) fault("descriptor", "config_schema is not JSON: " + error.message());
  }
}

void judge_descriptors(const Subject& subject) {
  Loaded module;
  if (!load(subject, module)) return;
  std::set<std::string> seen;
  for (std::uint32_t i = 0; i < module.factory().count; ++i) {
    stage("descriptor()");
    const limen_descriptor* one = module.factory().descriptor(i);
    if (one == nullptr || one->struct_size < sizeof(limen_descriptor)) {
      fault("descriptor", "descriptor(" + std::to_string(i) + ") gives no whole descriptor");
      return;
    }
    if (module.factory().descriptor(i) != one) {
      fault("descriptor", "descriptor() gives another answer when it is asked again");
    }
    check_descriptor(*one);
    if (one->id == nullptr || one->kind == nullptr) return;
    if (!seen.insert(std::string(one->kind) + "\n" + one->id).second) {
      fault("descriptor",
            std::string("two plugins of kind ") + one->kind + " have the id " + one->id);
    }
  }
  stage("get_factory()");
  for (const char* id : {"limen.factory/99", "com.example.unheard-of", ""}) {
    if (module.entry().get_factory(id) != nullptr) {
      fault("unknown-id", std::string("get_factory(\"") + id + "\") is not NULL");
    }
  }
}

void judge_init(const Subject& subject) {
  Loaded module;
  if (!module.open(subject.file)) return;
  for (int i = 0; i < 100; ++i) {
    if (!module.enter(subject.file)) return;
    module.leave();
  }
}

// ---- of a plugin's life

// Twice the same work: whether the heap grew both times by `bytes_each` for each `count`.
bool grows(const Subject& subject, std::size_t count, std::int64_t bytes_each, std::int64_t& growth,
           const std::function<void()>& work) {
  std::int64_t least = INT64_MAX;
  for (int round = 0; round < 3; ++round) {
    const std::int64_t before = heap_bytes();
    work();
    growth = heap_bytes() - before;
    if (round != 0) least = std::min(least, growth);  // the first warms up
  }
  growth = least / static_cast<std::int64_t>(count);
  return !subject.instrumented && least >= bytes_each * static_cast<std::int64_t>(count);
}

void judge_create(const Subject& subject) {
  Loaded module;
  if (!load(subject, module)) return;
  std::int64_t each = 0;
  static WatchedHost& host =
      *new WatchedHost(config_for(subject, module.descriptor(subject.plugin)));
  const bool leaks = grows(subject, 300, 16, each, [&] {
    for (int i = 0; i < 300; ++i) {
      stage("create()");
      const limen_plugin* plugin = module.factory().create(host.raw(), subject.plugin, "check");
      if (plugin == nullptr) return fault("plugin", "create() gave nothing");
      stage("destroy()");
      plugin->destroy(plugin);
    }
  });
  if (leaks) {
    fault("leak", "create() and destroy() lose " + std::to_string(each) +
                      " bytes each time: destroy() frees what create() made");
  }
}

void judge_start(const Subject& subject) {
  Loaded module;
  if (!load(subject, module)) return;
  const Json config = config_for(subject, module.descriptor(subject.plugin));
  std::string why;
  std::size_t handles = 0, tasks = 0;
  std::int64_t each = 0;
  const Session::Options options{false, false, false};
  const bool leaks = grows(subject, 30, 64, each, [&] {
    handles = descriptors();
    tasks = threads();
    for (int i = 0; i < 30 && why.empty(); ++i) {
      Session session(module, subject.plugin, config, options);
      why = session.start();
    }
  });
  if (!why.empty()) {
    return not_judged("it did not start: " + why +
                      ": give a config it works with by --config FILE");
  }
  if (leaks) {
    fault("leak", "an instance that is started and stopped leaves " + std::to_string(each) +
                      " bytes behind: free them in stop() or destroy()");
  }
  if (descriptors() >= handles + 10) {
    fault("leak", "30 instances left " + std::to_string(descriptors() - handles) +
                      " files or sockets open: close them in stop()");
  }
  if (threads() >= tasks + 10) {
    fault("use-after-stop", "30 instances left " + std::to_string(threads() - tasks) +
                                " threads running: end them in stop()");
  }
}

void judge_config(const Subject& subject) {
  Loaded module;
  if (!load(subject, module)) return;
  const char* text = module.descriptor(subject.plugin).config_schema;
  boost::system::error_code error;
  const Json schema = boost::json::parse(text == nullptr ? "{}" : text, error);
  if (error) return not_judged("config_schema is not JSON");
  const auto* own = static_cast<const limen_validate*>(module.entry().get_factory(LIMEN_VALIDATE));
  limen_validate_reply reply{};
  reply.struct_size = sizeof(reply);
  reply.add = [](const limen_validate_reply*, std::int32_t severity, limen_str pointer,
                 limen_str message) {
    if (!is_utf8(to_view(pointer)) || !is_utf8(to_view(message))) {
      fault("utf8", "validate() gave a finding that is not UTF-8");
    }
    if (severity != LIMEN_FINDING_WARNING && severity != LIMEN_FINDING_ERROR) {
      fault("unknown-value", "validate() gave a finding of no known severity");
    }
  };
  for (const Json& config : edge_configs(schema, kEdgeConfigs)) {
    if (own != nullptr) {
      stage("validate() of a config");
      own->validate(subject.plugin, &testkit::kNodeApi, testkit::to_node(&config), &reply);
    }
    Session session(module, subject.plugin, config);
    session.start();  // may fail, with a sentence
  }
}

// ---- of its calls

struct Manners {
  std::string locale = ::setlocale(LC_ALL, nullptr);
  std::filesystem::path folder = std::filesystem::current_path();
  ::mode_t mask = 0;
  sigset_t blocked{};
  std::array<void (*)(int), 32> handlers{};

  Manners() {
    mask = ::umask(022);
    ::umask(mask);
    ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
    for (int i = 1; i < 32; ++i) {
      struct sigaction action {};
      if (::sigaction(i, nullptr, &action) == 0) {
        handlers[static_cast<std::size_t>(i)] = action.sa_handler;
      }
    }
  }
  std::string differs_from(const Manners& before) const {
    if (locale != before.locale) return "the locale";
    if (folder != before.folder) return "the working folder";
    if (mask != before.mask) return "the umask";
    for (int i = 1; i < 32; ++i) {
      if (::sigismember(&blocked, i) != ::sigismember(&before.blocked, i)) return "the signal mask";
    }
    if (handlers != before.handlers) return "what a signal does";
    return {};
  }
};

void judge_calls(const Subject& subject) {
  const Manners before;
  Running plugin(subject);
  if (!plugin) return;
  stage("get_extension()");
  for (const char* id : {"limen.authorizer/99", "com.example.unheard-of", ""}) {
    if (plugin->table(id) != nullptr) {
      fault("unknown-id", std::string("get_extension(\"") + id + "\") is not NULL");
    }
  }
  if (plugin->table(plugin->descriptor().kind) == nullptr) {
    fault("plugin", std::string("get_extension(\"") + plugin->descriptor().kind +
                        "\") is NULL, but that is its kind");
  }
  const std::int64_t kept = testkit::retained_nodes();
  for (const Sample& sample : plugin.samples) plugin->ask(sample);
  plugin->stop();
  if (testkit::retained_nodes() > kept) {
    fault("leak", "it keeps " + std::to_string(testkit::retained_nodes() - kept) +
                      " documents after destroy(): release() each that was retained");
  }
  const std::string changed = Manners().differs_from(before);
  if (!changed.empty()) {
    fault("environment", "it changed " + changed + " of the process, which belongs to the host");
  }
}

void judge_blocking(const Subject& subject) {
  Running plugin(subject);
  if (!plugin || (plugin->descriptor().flags & LIMEN_MAY_BLOCK) != 0) return;
  constexpr long kTimes = 20;
  for (const Sample& sample : plugin.samples) {
    const long before = plugin->waits();
    for (long i = 0; i < kTimes; ++i) plugin->ask(sample);
    if (plugin->waits() - before >= kTimes) {
      fault("blocking", "its calls wait for something (the thread was put to sleep " +
                            std::to_string(plugin->waits() - before) + " times in " +
                            std::to_string(kTimes) +
                            " calls) and its descriptor does not say LIMEN_MAY_BLOCK");
      return;
    }
  }
}

void on_bad_access(int, siginfo_t* info, void*) {
  if (Arena::is_retired(info->si_addr)) {
    fault_from_signal(
        "fault\tborrowed\tit used text of a call that had ended: what comes with a call is "
        "borrowed "
        "until it is complete, copy what you keep\n");
  } else {
    fault_from_signal("fault\tcrash\tit accessed memory that is not there (SIGSEGV)\n");
  }
  ::_exit(0);
}

void judge_borrowed(const Subject& subject) {
  struct sigaction action {};
  action.sa_sigaction = on_bad_access;
  action.sa_flags = SA_SIGINFO;
  if (!subject.instrumented) ::sigaction(SIGSEGV, &action, nullptr);
  Running plugin(subject, {true, true, true});
  if (!plugin) return;
  for (int round = 0; round < 3; ++round) {
    for (const Sample& sample : plugin.samples) plugin->ask(sample);
  }
  plugin->stop();
}

void judge_leak(const Subject& subject) {
  Running plugin(subject, {false, false, true});
  if (!plugin || plugin.samples.empty()) return;
  constexpr std::size_t kRounds = 40;
  std::int64_t each = 0;
  const bool leaks = grows(subject, kRounds, 16, each, [&] {
    for (std::size_t i = 0; i < kRounds; ++i) {
      for (const Sample& sample : plugin.samples) plugin->ask(sample);
    }
  });
  if (leaks) {
    fault("leak", "the same " + std::to_string(plugin.samples.size()) + " questions cost " +
                      std::to_string(each) + " bytes more each time they are asked");
  }
}

// How many calls fit in about two seconds, at most `most`.
std::size_t affordable(Session& session, const std::vector<Sample>& samples, std::size_t most) {
  const auto begin = std::chrono::steady_clock::now();
  std::size_t done = 0;
  while (done < 200 && std::chrono::steady_clock::now() - begin < 1s) {
    session.ask(samples[done++ % samples.size()]);
  }
  const auto each = (std::chrono::steady_clock::now() - begin) / static_cast<int>(done);
  return std::clamp<std::size_t>(static_cast<std::size_t>(2s / std::max(each, decltype(each)(1))),
                                 50, most);
}

void judge_memory(const Subject& subject) {
  Running plugin(subject, {false, false, true});
  if (!plugin || plugin.samples.empty()) return;
  const std::size_t count = affordable(*plugin.session, plugin.samples, 4000);
  std::size_t number = 0;
  const auto ask_strangers = [&] {
    for (std::size_t i = 0; i < count; ++i) {
      const Sample& sample = plugin.samples[i % plugin.samples.size()];
      plugin->ask(numbered(sample, ++number));
    }
  };
  for (int i = 0; i < 2; ++i) ask_strangers();  // caches may fill
  std::int64_t each = 0;
  if (grows(subject, count, 16, each, ask_strangers)) {
    fault("memory", "after " + std::to_string(number) +
                        " questions from as many users it still "
                        "keeps " +
                        std::to_string(each) + " bytes more with each: give its caches a bound");
  }
}

// The samples whose answer stays the same however often they are asked.
std::vector<std::pair<const Sample*, std::string>> steady(Running& plugin, int times) {
  std::vector<std::pair<const Sample*, std::string>> out;
  for (const Sample& sample : plugin.samples) {
    const std::string first = told(plugin->ask(sample));
    bool same = true;
    for (int i = 1; i < times; ++i) same = told(plugin->ask(sample)) == first && same;
    if (same) out.emplace_back(&sample, first);
  }
  return out;
}

void judge_threads(const Subject& subject) {
  Running plugin(subject, {false, false, true});
  if (!plugin || plugin.samples.empty()) return;
  constexpr int kThreads = 8;
  const std::size_t calls = affordable(*plugin.session, plugin.samples, 8000);
  const int times =
      static_cast<int>(std::max<std::size_t>(4, calls / (kThreads * plugin.samples.size())));
  const auto expected = steady(plugin, times * kThreads);
  std::vector<std::thread> all;
  std::atomic<int> ready{0};
  for (int t = 0; t < kThreads; ++t) {
    all.emplace_back([&, t] {
      for (++ready; ready < kThreads;) std::this_thread::yield();
      // Each begins elsewhere, so that different questions meet.
      for (std::size_t i = 0; i < expected.size() * static_cast<std::size_t>(times); ++i) {
        const auto& [sample, answer] =
            expected[(i + static_cast<std::size_t>(t)) % expected.size()];
        const std::string now = told(plugin->ask(*sample));
        if (now == answer) continue;
        fault("race", "asked by " + std::to_string(kThreads) +
                          " threads at once it answers otherwise than when it is asked alone: " +
                          now + " instead of " + answer + ": guard what its calls share");
        return;
      }
    });
  }
  for (std::thread& one : all) one.join();
  plugin->stop();
}

void judge_deadline(const Subject& subject) {
  Running plugin(subject);
  if (!plugin) return;
  for (const Sample& sample : plugin.samples) {
    plugin->ask(sample, true);
    plugin->ask(sample);
  }
  plugin->stop();
}

void judge_reinvocation(const Subject& subject) {
  Running plugin(subject);
  if (!plugin) return;
  for (const Sample& sample : plugin.samples) {
    if (sample.what != Ask::admit || !sample.review.object.is_object()) continue;
    const Reply first = plugin->ask(sample);
    if (!first.admitted() || first.edits.empty()) continue;
    // Calls may point into it to the end.
    static auto& kept = *new std::deque<Sample>;
    Sample& again = kept.emplace_back(sample);
    try {
      again.review.object = testkit::apply_edits(sample.review.object, first.edits);
      again.review.reinvocation = true;
      const Reply second = plugin->ask(again);
      if (!second.admitted()) continue;
      const Json last = testkit::apply_edits(again.review.object, second.edits);
      if (last == again.review.object) continue;
      fault("idempotency", "asked again about its own work, admit() changed it once more: " +
                               boost::json::serialize(again.review.object) + " became " +
                               boost::json::serialize(last));
    } catch (const std::invalid_argument& error) {
      fault("edit", std::string("admit() made an edit that cannot be applied: ") + error.what());
    }
  }
}

void judge_dry_run(const Subject& subject) {
  Running plugin(subject);
  if (!plugin || plugin->admission() == nullptr) return;
  std::vector<Sample> dry = plugin.samples;
  for (Sample& sample : dry) sample.review.dry_run = true;
  const std::size_t before = plugin->host().writes();
  for (const Sample& sample : dry) plugin->ask(sample);
  plugin->host().fake().run_ready();
  if (plugin->host().writes() != before) {
    fault("dry-run", "it wrote objects while dry_run was 1: nothing may come of such a request");
  }
  plugin->stop();
}

void judge_stop(const Subject& subject) {
  Loaded module;
  if (!load(subject, module)) return;
  const std::size_t before = threads();
  {
    Session session(module, subject.plugin, config_for(subject, module.descriptor(subject.plugin)));
    const std::string why = session.start();
    if (!why.empty()) {
      return not_judged("it did not start: " + why +
                        ": give a config it works with by --config FILE");
    }
    const auto samples =
        samples_for(session.descriptor().kind, operations_of(session), subject.objects);
    for (const Sample& sample : samples) session.ask(sample);
    session.stop();
  }
  std::this_thread::sleep_for(200ms);  // for whoever has not heard of it
  for (int i = 0; i < 200 && threads() > before; ++i) std::this_thread::sleep_for(5ms);
  if (threads() > before) {
    fault("use-after-stop", std::to_string(threads() - before) +
                                " of its threads run on after destroy(): end them in stop()");
  }
}

}  // namespace

const std::vector<Judgement>& judgements() {
  static const std::vector<Judgement> kAll = {
      {"descriptors", "what the file says of itself is whole; unknown ids give NULL", true,
       judge_descriptors},
      {"init", "init() and deinit() a hundred times", true, judge_init},
      {"create", "create() and destroy() only, hundreds of times: nothing is lost or used early",
       false, judge_create},
      {"start", "start() to destroy(), again and again: no memory, file or thread is left", false,
       judge_start},
      {"config", "configs at the edges of its schema: an error at worst", false, judge_config},
      {"calls", "plain and odd questions: statuses, UTF-8, exceptions, completion, manners", false,
       judge_calls},
      {"blocking", "its calls do not wait unless it says LIMEN_MAY_BLOCK", false, judge_blocking},
      {"borrowed", "what came with a call is not used after it", false, judge_borrowed},
      {"leak", "the same questions again cost no more memory", false, judge_leak},
      {"memory", "questions from ever new users do not cost memory for ever", false, judge_memory},
      {"threads", "eight threads at once get the answers one gets", false, judge_threads},
      {"deadline", "calls that were cancelled or late are completed once all the same", false,
       judge_deadline},
      {"reinvocation", "admit() finds its own work done", false, judge_reinvocation},
      {"dry-run", "a dry run writes nothing", false, judge_dry_run},
      {"stop", "after stop() and destroy() nothing of it goes on", false, judge_stop}};
  return kAll;
}

void describe(const Subject& subject) {
  Loaded module;
  if (!load(subject, module)) return;
  const auto send = [](const std::string& line) { fault_from_signal((line + "\n").c_str()); };
  const auto text = [](const char* value) {
    std::string out = value == nullptr ? "" : value;
    std::replace(out.begin(), out.end(), '\t', ' ');
    std::replace(out.begin(), out.end(), '\n', ' ');
    return is_utf8(out) ? out : std::string("?");
  };
  send("about\t" + std::to_string(module.entry().abi_major) + "." +
       std::to_string(module.entry().abi_minor) + "\t" + text(module.entry().build));
  for (std::uint32_t i = 0; i < std::min(module.factory().count, 256u); ++i) {
    stage("descriptor()");
    const limen_descriptor* one = module.factory().descriptor(i);
    if (one == nullptr) continue;
    send("plugin\t" + std::to_string(i) + "\t" + text(one->id) + "\t" + text(one->kind) + "\t" +
         text(one->version));
  }
}

}  // namespace limen::module_check
