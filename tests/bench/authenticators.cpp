// What a decision of the authenticator chain costs: each bundled module with a warm cache and
// chains of ten, beside token-file; tokens seen for the first time, beside their bare signature.
//
//   limen_authn_bench [NAME]...      only these results; all when none is named
//
// Works in process: the built modules behind the server's own chain, without HTTP and TLS. Samples
// of a result and of what it is compared with take turns; the ratio is the median of each pair's.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <future>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "allocations.h"
#include "authn_world.h"
#include "common/jose/jws.h"
#include "modules/executor_thread.h"
#include "observability/log.h"

namespace limen::bench {
namespace {

using namespace std::chrono_literals;

constexpr int kRounds = 7;
constexpr std::size_t kFreshTokens = 400;  // a sample; each is presented once
constexpr double kSampleMicros = 30'000;

// A decision, on the average of a sample.
struct Sample {
  double micros = 0;      // that went by
  double cpu_micros = 0;  // of the deciding thread
  double allocations = 0;
};

double thread_micros() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

// From its making to end(), on one thread.
class Meter {
 public:
  Sample end(std::size_t decisions) const {
    const double cpu = thread_micros() - cpu_;
    const std::chrono::duration<double, std::micro> wall = base::SteadyClock::now() - began_;
    const auto count = static_cast<double>(decisions);
    const auto allocations = static_cast<double>(allocations_of_thread() - allocations_);
    return {wall.count() / count, cpu / count, allocations / count};
  }

 private:
  const std::uint64_t allocations_ = allocations_of_thread();
  const base::Deadline began_ = base::SteadyClock::now();
  const double cpu_ = thread_micros();
};

// Gives a sample of that many decisions.
using Work = std::function<Sample(std::size_t count)>;

struct Result {
  std::string name;
  Work work;
  std::size_t count = 0;  // decisions of a sample; 0: as many as fill its time
};

// What is presented to a chain in one sample: one thing over and over, or each once.
struct Decisions {
  std::shared_ptr<const authn::Chain> chain;
  std::string by;  // who must answer
  std::vector<PresentedPtr> presented;
  std::size_t count = 0;
};

base::Task<Sample> decide(const Decisions& decisions, base::Executor& loop) {
  request::CallScope scope(loop, base::SteadyClock::now() + 60s);
  const Meter meter;
  for (std::size_t i = 0; i < decisions.count; ++i) {
    const Presented& one = *decisions.presented[i % decisions.presented.size()];
    const authn::Outcome outcome = co_await decisions.chain->authenticate(one.credentials(), scope);
    if (!outcome.authenticated || outcome.by != decisions.by) {
      std::string why = decisions.by + " did not answer";
      for (const std::string& error : outcome.errors) why += "; " + error;
      throw std::runtime_error(why);
    }
    scope.annotations.clear();
    scope.warnings.clear();
  }
  co_return meter.end(decisions.count);
}

// Runs on the loop, as a request's decisions do on that of its connection, and waits.
Sample run_on(base::Executor& loop, const Decisions& decisions) {
  std::promise<Sample> promise;
  const auto root = [](const Decisions& what, base::Executor& where,
                       std::promise<Sample>& out) -> base::Task<void> {
    try {
      out.set_value(co_await decide(what, where));
    } catch (...) {
      out.set_exception(std::current_exception());
    }
  };
  loop.post([&] { base::spawn(root(decisions, loop, promise), [](std::exception_ptr) {}); });
  return promise.get_future().get();
}

// Until what modules fetch and follow in the background is there.
void warm(base::Executor& loop, const Decisions& decisions) {
  for (int attempt = 0;; ++attempt) {
    try {
      run_on(loop, decisions);
      return;
    } catch (const std::exception&) {
      if (attempt == 200) throw;
      std::this_thread::sleep_for(50ms);
    }
  }
}

class Bench {
 public:
  Bench(AuthnWorld& world, std::vector<std::string> only) : world_(world), only_(std::move(only)) {}
  ~Bench() { loop_.stop(base::SteadyClock::now() + 5s); }

  void run();

 private:
  // The same credential every time.
  Result warmed(std::string name, std::vector<std::string_view> chain, PresentedPtr presented) {
    auto decisions = std::make_shared<Decisions>();
    decisions->chain = world_.chain(chain);
    decisions->by = chain.back();
    decisions->presented.push_back(std::move(presented));
    decisions->count = 1;
    warm(loop_, *decisions);
    return {std::move(name), [this, decisions](std::size_t count) {
              decisions->count = count;
              return run_on(loop_, *decisions);
            }};
  }
  // Another credential every time, made outside of what is measured.
  Result fresh(std::string name, const char* instance, std::function<PresentedPtr()> make) {
    auto decisions = std::make_shared<Decisions>();
    decisions->chain = world_.chain({instance});
    decisions->by = instance;
    const auto present = [this, decisions, make = std::move(make)](std::size_t count) {
      decisions->presented.clear();
      for (std::size_t i = 0; i < count; ++i) decisions->presented.push_back(make());
      decisions->count = count;
      return run_on(loop_, *decisions);
    };
    return {std::move(name), present, kFreshTokens};
  }
  // Nothing but the signature of one token, which is already taken apart.
  Result bare(std::string name, Signature signature) {
    const PresentedPtr token = world_.staff_token(signature);
    const auto jws = plugins::jose::parse_jws(token->credentials().bearer_token);
    const auto& key = world_.signer(signature).public_key();
    return {std::move(name),
            [jws, &key](std::size_t count) {
              const Meter meter;
              for (std::size_t i = 0; i < count; ++i) {
                if (!key.verify(jws)) throw std::runtime_error("a signature is wrong");
              }
              return meter.end(count);
            },
            kFreshTokens};
  }

  bool wanted(const std::string& name) const {
    return only_.empty() || std::find(only_.begin(), only_.end(), name) != only_.end();
  }
  template <class Make>
  void show(const std::string& name, const Result& base, Make make) {
    if (wanted(name)) measure(make(name), base);
  }
  static void measure(const Result& result, const Result& base);

  AuthnWorld& world_;
  const std::vector<std::string> only_;
  modules::ExecutorThread loop_{"bench-loop"};
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::size_t count_for(const Result& result) {
  if (result.count != 0) return result.count;
  const double micros = result.work(200).micros;
  return std::max<std::size_t>(200, static_cast<std::size_t>(kSampleMicros / micros));
}

void Bench::measure(const Result& result, const Result& base) {
  const std::size_t count = count_for(result);
  const std::size_t base_count = count_for(base);
  std::vector<double> micros, cpu, ratios;
  double allocations = 0;
  for (int round = 0; round < kRounds; ++round) {
    const double base_micros = base.work(base_count).cpu_micros;
    const Sample sample = result.work(count);
    micros.push_back(sample.micros);
    cpu.push_back(sample.cpu_micros);
    ratios.push_back(sample.cpu_micros / base_micros);
    allocations = sample.allocations;
  }
  std::printf(
      "{\"bench\":\"authn_%s\",\"cpu_us\":%.2f,\"us\":%.2f,\"per_second\":%.0f,"
      "\"allocations\":%.1f,\"to_%s\":%.2f}\n",
      result.name.c_str(), median(cpu), median(micros), 1e6 / median(micros), allocations,
      base.name.c_str(), median(ratios));
  std::fflush(stdout);
}

void Bench::run() {
  constexpr Signature kEs = Signature::es256, kRs = Signature::rs256;
  const Result token_file = warmed("token_file", {"tokens"}, world_.static_token());
  const auto one = [&](const char* name, const char* instance, PresentedPtr presented) {
    show(name, token_file, [&](const std::string& result) {
      return warmed(result, {instance}, std::move(presented));
    });
  };
  one("token_file", "tokens", world_.static_token());
  one("anonymous", "anonymous", Presented::nothing());
  one("x509", "x509", world_.certificate());
  one("request_header", "request-header", world_.proxied());
  one("password_file", "passwords", world_.password());
  one("password_file_hashed", "passwords", world_.hashed_password());
  one("bootstrap_token", "bootstrap-token", world_.bootstrap_token());
  one("service_account", "service-account", world_.service_account_token(kEs));
  one("jwt", "staff", world_.staff_token(kEs));
  one("webhook_token", "webhook-token", world_.webhook_token());

  show("chain_of_ten", token_file, [&](const std::string& name) {
    return warmed(name,
                  {"x509", "request-header", "passwords", "bootstrap-token", "service-account",
                   "staff", "partners", "more-tokens", "other-tokens", "tokens"},
                  world_.static_token());
  });
  show("chain_of_ten_jwt", token_file, [&](const std::string& name) {
    return warmed(name,
                  {"x509", "request-header", "passwords", "tokens", "more-tokens",
                   "bootstrap-token", "service-account", "staff", "partners", "suppliers"},
                  world_.supplier_token(kEs));
  });

  for (const auto& [suffix, signature] : {std::pair("es256", kEs), std::pair("rs256", kRs)}) {
    const Result alone = bare(std::string("signature_") + suffix, signature);
    show(alone.name, token_file, [&](const std::string&) { return alone; });
    show(std::string("service_account_uncached_") + suffix, alone, [&](const std::string& name) {
      return fresh(name, "service-account",
                   [this, signature] { return world_.service_account_token(signature); });
    });
    show(std::string("jwt_uncached_") + suffix, alone, [&](const std::string& name) {
      return fresh(name, "staff", [this, signature] { return world_.staff_token(signature); });
    });
  }
}

}  // namespace
}  // namespace limen::bench

int main(int argc, char** argv) {
  try {
    limen::log::set_level(limen::log::Level::error);
    const std::filesystem::path bin = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    limen::bench::AuthnWorld world(bin.parent_path() / "lib" / "limen" / "modules",
                                   bin / "https_stand_in");
    limen::bench::Bench(world, {argv + 1, argv + argc}).run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "limen_authn_bench: " << error.what() << '\n';
    return 1;
  }
}
