// What the tests of this room share: a folder of fixtures, a loop to run tasks on, a runtime with
// one instance, and the puppet.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/task.h"
#include "fixtures/bad-modules/puppet.h"
#include "modules/executor_thread.h"
#include "modules/loader.h"
#include "modules/runtime.h"

namespace limen::modules::test {

using namespace std::chrono_literals;

inline const std::filesystem::path& fixtures() {
  static const std::filesystem::path folder =
      std::filesystem::path(LIMEN_BINARY_DIR) / "tests" / "bad-modules";
  return folder;
}

// A folder for one test, with fixtures copied into it and the owner and mode the path gate demands,
// whatever the build's umask was.
class ModuleFolder {
 public:
  explicit ModuleFolder(const std::vector<std::string>& names = {}) {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "limen-modules-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
    ::chmod(path_.c_str(), 0755);
    for (const std::string& name : names) add(name);
  }
  ~ModuleFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  ModuleFolder(const ModuleFolder&) = delete;
  ModuleFolder& operator=(const ModuleFolder&) = delete;

  void add(const std::string& name) {
    const std::filesystem::path file = path_ / (name + ".so");
    std::filesystem::copy_file(fixtures() / (name + ".so"), file);
    ::chmod(file.c_str(), 0644);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Runs a task on a loop of its own thread and waits for it. `make` is called on the loop.
template <class T>
T run_on(base::Executor& loop, std::function<base::Task<T>()> make) {
  auto result = std::make_shared<std::promise<T>>();
  std::future<T> future = result->get_future();
  loop.post([make = std::move(make), result] {
    struct Root {
      static base::Task<void> run(std::function<base::Task<T>()> start,
                                  std::shared_ptr<std::promise<T>> out) {
        try {
          out->set_value(co_await start());
        } catch (...) {
          out->set_exception(std::current_exception());
        }
      }
    };
    base::spawn(Root::run(make, result), [](std::exception_ptr) {});
  });
  return future.get();
}

// Waits until `done` or five seconds are over; returns whether it came.
inline bool eventually(const std::function<bool()>& done) {
  for (int i = 0; i < 1000; ++i) {
    if (done()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return done();
}

inline ModuleSpec spec_of(const std::string& name, const std::string& module = {}) {
  ModuleSpec spec;
  spec.name = name;
  spec.module = module;
  return spec;
}

inline object::Document json(std::string_view text) { return object::Document::parse(text); }

inline std::string golden(const std::string& name) {
  std::ifstream in(std::filesystem::path(LIMEN_GOLDEN_DIR) / "modules" / (name + ".txt"));
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
  return text;
}

inline limen_str text(std::string_view view) { return {view.data(), view.size()}; }
inline std::string view(limen_str value) { return std::string(value.ptr, value.len); }

// A runtime whose generation has the puppet as authenticator, authorizer and admission controller,
// each named "puppet". Blocking: the one that runs on workers.
class PuppetHouse {
 public:
  explicit PuppetHouse(bool blocking = false, std::chrono::nanoseconds timeout = 10s,
                       FailurePolicy policy = FailurePolicy::fail)
      : name_(blocking ? "puppet-blocking" : "puppet"),
        folder_({name_}),
        runtime_({.folder = folder_.path(), .drain_timeout = 5s, .workers = 4}) {
    strings().reset();
    ModuleSpec spec = spec_of("puppet", name_);
    spec.timeout = timeout;
    spec.failure_policy = policy;
    generation_spec_ = {{spec}, {spec}, {spec}};
  }
  ~PuppetHouse() { loop_.stop(base::SteadyClock::now() + 5s); }

  // Builds the generation; strings that start() needs have to be set before.
  void open() { runtime_.activate(runtime_.build(generation_spec_)); }

  // What the module does; reset by the constructor.
  Puppet& strings() {
    const LoadedModulePtr module = runtime_.loader().load(name_);
    return *static_cast<Puppet*>(const_cast<void*>(module->table("test.puppet/1")));
  }
  Runtime& runtime() { return runtime_; }
  ExecutorThread& loop() { return loop_; }
  GenerationSpec& generation_spec() { return generation_spec_; }
  request::CallScope scope(std::chrono::nanoseconds deadline = 30s) {
    return {loop_, base::SteadyClock::now() + deadline};
  }

  authn::Result authenticate(request::CallScope& scope,
                             const authn::Credentials& credentials = {}) {
    const GenerationPtr now = runtime_.current();
    return run_on<authn::Result>(
        loop_, [&] { return now->authenticators()[0].instance->authenticate(credentials, scope); });
  }
  authn::IssuedToken issue(request::CallScope& scope, const authn::TokenOrder& order = {}) {
    const GenerationPtr now = runtime_.current();
    return run_on<authn::IssuedToken>(loop_,
                                      [&] { return now->token_issuer()->issue(order, scope); });
  }
  authn::IssuerText document(request::CallScope& scope, authn::IssuerDocument which) {
    const GenerationPtr now = runtime_.current();
    return run_on<authn::IssuerText>(loop_,
                                     [&] { return now->token_issuer()->document(which, scope); });
  }
  authz::Result authorize(request::CallScope& scope, const authz::Attributes& attributes = {}) {
    const GenerationPtr now = runtime_.current();
    return run_on<authz::Result>(
        loop_, [&] { return now->authorizers()[0]->authorize(attributes, scope); });
  }
  authz::Rules rules_for(request::CallScope& scope, const request::Identity& user,
                         const std::string& ns) {
    const GenerationPtr now = runtime_.current();
    return run_on<authz::Rules>(loop_,
                                [&] { return now->authorizers()[0]->rules_for(user, ns, scope); });
  }
  admission::Result admit(request::CallScope& scope, const admission::Review& review) {
    const GenerationPtr now = runtime_.current();
    return run_on<admission::Result>(loop_,
                                     [&] { return now->admission()[0]->admit(review, scope); });
  }
  admission::Result validate(request::CallScope& scope, const admission::Review& review) {
    const GenerationPtr now = runtime_.current();
    return run_on<admission::Result>(loop_,
                                     [&] { return now->admission()[0]->validate(review, scope); });
  }

 private:
  const std::string name_;
  ModuleFolder folder_;
  ExecutorThread loop_{"test-loop"};
  Runtime runtime_;
  GenerationSpec generation_spec_;
};

}  // namespace limen::modules::test
