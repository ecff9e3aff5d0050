// limen-module-check: judges a module file as a server would find it out later, and sooner.
//
// Each test runs in a process of its own, which is this program again: whatever the module does
// there, the others go on. The parent never opens the file.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "judgements.h"
#include "report.h"

namespace limen::module_check {
namespace {

constexpr int kOk = 0, kFaults = 1, kUsage = 2, kOpen = 3;
constexpr std::size_t kMaxOutput = 64 * 1024;
constexpr rlim_t kMaxMemory = rlim_t{4} << 30;

const char kHelp[] = R"(Usage: limen-module-check [options] MODULE.so

Loads the module as a Limen server does and finds out what a server would only find out in service:
leaks, races, hangs, exceptions that get out, memory without bound, mutations that are not idempotent,
text that is not UTF-8, use after stop, and more. Each test runs in a process of its own.

  --config FILE      JSON the plugins are started with; otherwise made from each config schema
  --object FILE      a JSON object (several times) that admission plugins are asked about, besides ours
  --plugin ID        only this plugin of the module
  --test NAME        only this test (several times)
  --timeout SECONDS  for one test; 60 when not given
  --json             the result as one JSON document
  --list             the tests
  --help, --version

A module built with -fsanitize=address or thread is run with that sanitizer, and what it reports is a
fault. Exit status: 0 nothing is wrong; 1 faults were found; 2 the command line is wrong; 3 nothing wrong
was found, but not every test could judge (a plugin did not start: give --config).
)";

struct Options {
  Subject subject;
  std::string config_file;
  std::vector<std::string> object_files, tests;
  std::string plugin;
  int timeout = 60;
  bool json = false;
};

struct Finding {
  std::string name, text;
};
struct Result {
  std::string plugin, kind, test;
  std::vector<Finding> faults;
  std::string open;  // why it could not judge
};
struct Plugin {
  std::uint32_t index;
  std::string id, kind, version;
};

[[noreturn]] void usage(const std::string& what) {
  std::cerr << "limen-module-check: " << what << " (see --help)\n";
  std::exit(kUsage);
}

testkit::Json read_json(const std::string& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) usage("cannot read " + file);
  boost::system::error_code error;
  testkit::Json value = boost::json::parse(text.str(), error);
  if (error || !value.is_object()) usage(file + " is not a JSON object");
  return value;
}

// The sanitizer's library the module was linked with; it has to be there before the module is.
std::string sanitizer_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  for (const char* name : {"libasan.so.", "libtsan.so."}) {
    const std::size_t at = bytes.find(name);
    if (at == std::string::npos) continue;
    return bytes.substr(at, bytes.find('\0', at) - at);
  }
  return {};
}

// ---- a test process

void limit_resources(bool instrumented) {
  const struct rlimit none { 0, 0 };
  ::setrlimit(RLIMIT_CORE, &none);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  instrumented = true;
#endif
  const struct rlimit memory { kMaxMemory, kMaxMemory };
  if (!instrumented) ::setrlimit(RLIMIT_AS, &memory);
}

int run_child(const std::string& test, const Options& options) {
  limit_resources(options.subject.instrumented);
  begin_report();
  if (test == "about") {
    describe(options.subject);
  } else {
    for (const Judgement& one : judgements()) {
      if (test == one.name) one.judge(options.subject);
    }
  }
  end_report();
  if (options.subject.instrumented) return 0;  // the sanitizer speaks at the end
  ::_exit(0);
}

// ---- the parent

struct Ended {
  int status = 0;
  bool late = false;
  std::string lines, output, stage;
};

std::string exit_report(const std::string& output) {
  for (const char* mark : {"SUMMARY: ", "ERROR: ", "WARNING: "}) {
    const std::size_t at = output.find(mark);
    if (at != std::string::npos) return output.substr(at, output.find('\n', at) - at);
  }
  return "see its output";
}

class Child {
 public:
  Child(std::vector<std::string> arguments, const std::string& preload, int timeout)
      : page_(::memfd_create("stage", 0)) {
    if (::pipe2(lines_.data(), O_CLOEXEC) != 0 || ::pipe2(output_.data(), O_CLOEXEC) != 0 ||
        page_ < 0 || ::ftruncate(page_, static_cast<::off_t>(kStageBytes)) != 0) {
      std::perror("limen-module-check");
      std::exit(kUsage);
    }
    std::vector<char*> argv;
    for (std::string& one : arguments) argv.push_back(one.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) become(argv, preload);
    ::close(lines_[1]);
    ::close(output_[1]);
    deadline_ = std::chrono::steady_clock::now() + std::chrono::seconds(timeout);
  }

  Ended wait() {
    Ended out;
    collect(out);
    // A test process may leave others, and threads that do not end with it.
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, &out.status, 0);
    void* page = ::mmap(nullptr, kStageBytes, PROT_READ, MAP_SHARED, page_, 0);
    if (page != MAP_FAILED) {
      out.stage = static_cast<const char*>(page);
      ::munmap(page, kStageBytes);
    }
    for (const int one : {lines_[0], output_[0], page_}) ::close(one);
    return out;
  }

 private:
  [[noreturn]] void become(const std::vector<char*>& argv, const std::string& preload) const {
    ::setpgid(0, 0);
    if (!preload.empty()) {
      ::setenv("LD_PRELOAD", preload.c_str(), 1);
      ::setenv("ASAN_OPTIONS", "exitcode=66:abort_on_error=0", 0);
      ::setenv("TSAN_OPTIONS", "exitcode=66:report_signal_unsafe=0", 0);
      ::personality(ADDR_NO_RANDOMIZE);  // what libtsan of gcc 12 needs on newer kernels
    }
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, 0);
    ::dup2(output_[1], 1);
    ::dup2(output_[1], 2);
    // First out of the way of each other.
    const int lines = ::fcntl(lines_[1], F_DUPFD, 10), page = ::fcntl(page_, F_DUPFD, 10);
    ::dup2(lines, kReportPipe);
    ::dup2(page, kStagePage);
    ::close_range(5, ~0u, 0);
    ::execv("/proc/self/exe", argv.data());
    ::_exit(127);
  }

  void collect(Ended& out) {
    std::array<struct pollfd, 2> files = {{{lines_[0], POLLIN, 0}, {output_[0], POLLIN, 0}}};
    std::array<char, 4096> buffer;
    while (files[0].fd >= 0) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline_ - std::chrono::steady_clock::now());
      if (left.count() <= 0) {
        out.late = true;
        return;
      }
      if (::poll(files.data(), files.size(), static_cast<int>(left.count())) <= 0) continue;
      for (std::size_t i = 0; i < files.size(); ++i) {
        if (files[i].revents == 0) continue;
        const ssize_t got = ::read(files[i].fd, buffer.data(), buffer.size());
        std::string& to = i == 0 ? out.lines : out.output;
        if (got <= 0) {
          files[i].fd = -1;
        } else if (to.size() < kMaxOutput) {
          to.append(buffer.data(), static_cast<std::size_t>(got));
        }
      }
    }
    await_end(out);
  }

  // It has closed its report: what is left is its end.
  void await_end(Ended& out) {
    for (;;) {
      siginfo_t info{};
      if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
          info.si_pid == pid_) {
        break;
      }
      if (std::chrono::steady_clock::now() > deadline_) {
        out.late = true;
        return;
      }
      ::usleep(2000);
    }
    std::array<char, 4096> buffer;
    ::fcntl(output_[0], F_SETFL, O_NONBLOCK);
    for (ssize_t got = 1; got > 0 && out.output.size() < kMaxOutput;) {
      got = ::read(output_[0], buffer.data(), buffer.size());
      if (got > 0) out.output.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }

  std::array<int, 2> lines_{}, output_{};
  int page_;
  ::pid_t pid_ = -1;
  std::chrono::steady_clock::time_point deadline_;
};

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> out(1);
  for (const char c : line) {
    if (c == '\t') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

std::string padded(std::string name) {
  name.resize(std::max<std::size_t>(name.size(), 14), ' ');
  return name;
}

class Run {
 public:
  explicit Run(const Options& options)
      : options_(options), preload_(sanitizer_of(options.subject.file)) {}

  int all() {
    const Ended about = child("about", 0);
    Result first{"", "", "load", {}, {}};
    take(about, first);
    if (!first.faults.empty()) {
      results_.push_back(std::move(first));
    } else {
      judge_everything();
    }
    if (options_.json) {
      print_json();
    } else {
      print_text();
    }
    return exit_status();
  }

 private:
  bool wanted(const std::string& test) const {
    return options_.tests.empty() ||
           std::find(options_.tests.begin(), options_.tests.end(), test) != options_.tests.end();
  }

  void judge_everything() {
    for (const Judgement& one : judgements()) {
      if (one.of_module && wanted(one.name)) judge(one, {0, "", "", ""});
    }
    for (const Plugin& plugin : plugins_) {
      if (!options_.plugin.empty() && plugin.id != options_.plugin) continue;
      for (const Judgement& one : judgements()) {
        if (!one.of_module && wanted(one.name)) judge(one, plugin);
      }
    }
  }

  void judge(const Judgement& one, const Plugin& plugin) {
    Result result{plugin.id, plugin.kind, one.name, {}, {}};
    // What is no promise yet has no questions to ask; it only has to be made and taken down.
    const bool draft = plugin.kind.ends_with("/0");
    if (draft && std::strcmp(one.name, "create") != 0) return;
    take(child(one.name, plugin.index), result);
    results_.push_back(std::move(result));
  }

  Ended child(const std::string& test, std::uint32_t index) const {
    std::vector<std::string> arguments = {"limen-module-check", "--child", test, "--index",
                                          std::to_string(index)};
    if (!options_.config_file.empty()) {
      arguments.insert(arguments.end(), {"--config", options_.config_file});
    }
    for (const std::string& file : options_.object_files) {
      arguments.insert(arguments.end(), {"--object", file});
    }
    arguments.push_back(options_.subject.file);
    return Child(std::move(arguments), preload_, options_.timeout).wait();
  }

  // What the process said, and what its end says.
  void take(const Ended& ended, Result& result) {
    std::istringstream lines(ended.lines);
    for (std::string line; std::getline(lines, line);) {
      const std::vector<std::string> field = fields_of(line);
      if (field[0] == "fault" && field.size() == 3) result.faults.push_back({field[1], field[2]});
      if (field[0] == "open" && field.size() == 3) result.open = field[2];
      if (field[0] == "about" && field.size() == 3) abi_ = field[1], build_ = field[2];
      if (field[0] == "plugin" && field.size() == 5) {
        plugins_.push_back(
            {static_cast<std::uint32_t>(std::stoul(field[1])), field[2], field[3], field[4]});
      }
    }
    const std::string where = ended.stage.empty() ? "the module" : ended.stage;
    if (ended.late) {
      result.faults.push_back(
          {"hang", where + " did not come back within " + std::to_string(options_.timeout) + " s"});
    } else if (WIFSIGNALED(ended.status)) {
      result.faults.push_back({"crash", where + " ended the process by " +
                                            ::strsignal(WTERMSIG(ended.status)) +
                                            (ended.output.empty() ? "" : ": " + ended.output)});
    } else if (WEXITSTATUS(ended.status) == 66 && !preload_.empty()) {
      result.faults.push_back({"sanitizer", exit_report(ended.output)});
    } else if (WEXITSTATUS(ended.status) != 0 && result.faults.empty()) {
      result.faults.push_back({"exit", where + " ended the process with status " +
                                           std::to_string(WEXITSTATUS(ended.status))});
    }
  }

  int exit_status() const {
    int out = kOk;
    for (const Result& result : results_) {
      if (!result.faults.empty()) return kFaults;
      if (!result.open.empty()) out = kOpen;
    }
    return out;
  }

  void print_text() const {
    std::cout << options_.subject.file;
    if (!abi_.empty()) std::cout << ": needs ABI " << abi_ << ", built by " << build_;
    std::cout << '\n';
    std::string last = "\n";
    std::size_t faults = 0, open = 0;
    for (const Result& result : results_) {
      const std::string who =
          result.plugin.empty() ? "the file" : result.plugin + " (" + result.kind + ")";
      if (who != last) std::cout << who << '\n';
      last = who;
      std::string name = result.test;
      if (result.faults.empty()) {
        std::cout << (result.open.empty() ? "  ok     " + name
                                          : "  open   " + padded(name) + result.open)
                  << '\n';
        open += result.open.empty() ? 0 : 1;
      }
      for (const Finding& fault : result.faults) {
        std::cout << "  FAULT  " << padded(name) << fault.name << ": " << fault.text << '\n';
        ++faults;
      }
    }
    std::cout << (faults == 0 ? "no faults"
                              : std::to_string(faults) + (faults == 1 ? " fault" : " faults"));
    if (open != 0)
      std::cout << ", " << open << (open == 1 ? " test" : " tests") << " could not judge";
    std::cout << '\n';
  }

  void print_json() const {
    boost::json::array results;
    for (const Result& result : results_) {
      boost::json::array faults;
      for (const Finding& fault : result.faults) {
        faults.push_back(boost::json::object{{"fault", fault.name}, {"text", fault.text}});
      }
      const auto text = [](const std::string& value) {
        return value.empty() ? testkit::Json(nullptr) : testkit::Json(value);
      };
      results.push_back(boost::json::object{{"plugin", text(result.plugin)},
                                            {"kind", text(result.kind)},
                                            {"test", result.test},
                                            {"verdict", !result.faults.empty() ? "fault"
                                                        : result.open.empty()  ? "ok"
                                                                               : "not judged"},
                                            {"faults", std::move(faults)},
                                            {"notJudged", text(result.open)}});
    }
    const boost::json::object document = {{"file", options_.subject.file},
                                          {"ok", exit_status() == kOk},
                                          {"abi", abi_},
                                          {"build", build_},
                                          {"results", std::move(results)}};
    std::cout << boost::json::serialize(document) << '\n';
  }

  const Options& options_;
  const std::string preload_;
  std::string abi_, build_;
  std::vector<Plugin> plugins_;
  std::vector<Result> results_;
};

void list_tests() {
  for (const Judgement& one : judgements()) {
    std::cout << padded(one.name) << one.summary << '\n';
  }
}

int timeout_of(const std::string& text) {
  const bool digits = !text.empty() && text.size() <= 4 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  const int value = digits ? std::stoi(text) : 0;
  if (value == 0) usage("--timeout takes whole seconds, 1 to 9999, not \"" + text + "\"");
  return value;
}

int main_of(const std::vector<std::string>& arguments) {
  Options options;
  std::string child;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& one = arguments[i];
    const auto value = [&]() -> const std::string& {
      if (i + 1 == arguments.size()) usage(one + " needs a value");
      return arguments[++i];
    };
    if (one == "--help") return std::cout << kHelp, kOk;
    if (one == "--version") {
      std::cout << "limen-module-check " LIMEN_VERSION ", module ABI " << LIMEN_ABI_MAJOR << '.'
                << LIMEN_ABI_MINOR << '\n';
      return kOk;
    }
    if (one == "--list") return list_tests(), kOk;
    if (one == "--json") {
      options.json = true;
    } else if (one == "--config") {
      options.config_file = value();
      options.subject.config = read_json(options.config_file);
    } else if (one == "--object") {
      options.object_files.push_back(value());
      options.subject.objects.push_back(read_json(options.object_files.back()));
    } else if (one == "--plugin") {
      options.plugin = value();
    } else if (one == "--test") {
      options.tests.push_back(value());
    } else if (one == "--timeout") {
      options.timeout = timeout_of(value());
    } else if (one == "--child") {
      child = value();
    } else if (one == "--index") {
      options.subject.plugin = static_cast<std::uint32_t>(std::stoul(value()));
    } else if (one.starts_with("-") || !options.subject.file.empty()) {
      usage("unexpected " + one);
    } else {
      options.subject.file = one.find('/') == std::string::npos ? "./" + one : one;
    }
  }
  if (options.subject.file.empty()) usage("which module?");
  if (::access(options.subject.file.c_str(), R_OK) != 0) {
    usage("cannot read " + options.subject.file + ": " + std::strerror(errno));
  }
  for (const std::string& test : options.tests) {
    const auto& all = judgements();
    if (std::none_of(all.begin(), all.end(), [&](const Judgement& j) { return test == j.name; })) {
      usage("there is no test \"" + test + "\", --list shows them");
    }
  }
  if (!child.empty()) {
    options.subject.instrumented = !sanitizer_of(options.subject.file).empty();
    return run_child(child, options);
  }
  return Run(options).all();
}

}  // namespace
}  // namespace limen::module_check

int main(int argc, char** argv) {
  return limen::module_check::main_of(std::vector<std::string>(argv + 1, argv + argc));
}
