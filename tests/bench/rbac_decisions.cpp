// What a decision of rbac costs with 10, 1,000 and 50,000 bindings that do not name the user.
//
//   limen_rbac_bench [MILLISECONDS]      of a sample; 100 when not given
//
// Works in process: the built module on the SDK's fake host, one thread, no HTTP. The sizes take
// turns, and each is compared with the smallest of its turn; the ratio is the median of all turns.
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "limen/testkit/instance.hpp"
#include "support/rbac_model.h"

namespace limen::bench {
namespace {

using test::make_binding;
using test::make_role;

constexpr std::size_t kSizes[] = {10, 1'000, 50'000};
constexpr int kTurns = 7;

double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// One instance of the module. testkit::Instance keeps every call for ever, which is no way to make
// millions of them: this one makes them all with the same.
class Rbac {
 public:
  explicit Rbac(const testkit::Module& module) {
    plugin_ = module.factory().create(host_.raw(), 0, "rbac");
    if (plugin_ == nullptr || plugin_->start(plugin_, call_.raw()) != LIMEN_OK)
      throw std::runtime_error("the module did not start");
    host_.begin_subscriptions();
    kind_ = static_cast<const limen_authorizer*>(
        plugin_->get_extension(plugin_, LIMEN_KIND_AUTHORIZER));
  }
  ~Rbac() {
    plugin_->stop(plugin_);
    host_.cancel_open_work();
    plugin_->destroy(plugin_);
  }
  Rbac(const Rbac&) = delete;
  Rbac& operator=(const Rbac&) = delete;

  void put(const testkit::Json& object) {
    host_.put(test::kRbacGroup, test::resource_of(object), object);
  }
  std::int32_t decide(const limen_attributes& attributes) {
    call_.reply.verdict = LIMEN_DENY;
    kind_->authorize(plugin_, call_.raw(), &attributes, &testkit::kAuthzReply);
    return call_.reply.verdict;
  }

 private:
  testkit::FakeHost host_;
  testkit::CallState call_;
  const limen_plugin* plugin_ = nullptr;
  const limen_authorizer* kind_ = nullptr;
};

// The user may read in `default` by a role of ten rules, and is in four groups that nobody binds.
// The other bindings name somebody else each: half in the cluster, half in `default`.
void fill(Rbac& rbac, std::size_t others) {
  std::string rules = "[";
  for (int i = 0; i < 9; ++i)
    rules += R"({"apiGroups":["g)" + std::to_string(i) +
             R"("],"resources":["a","b","c"],"verbs":["get","list","watch"]},)";
  rules += R"({"apiGroups":[""],"resources":["pods","configmaps"],"verbs":["get","list"]}])";
  rbac.put(make_role("reader", "", rules));
  rbac.put(
      make_binding("bench", "", "ClusterRole", "reader", R"([{"kind":"User","name":"bench"}])"));
  for (std::size_t i = 0; i < others; ++i) {
    const std::string number = std::to_string(i);
    rbac.put(make_binding("other-" + number, i % 2 == 0 ? "" : "default", "ClusterRole", "reader",
                          R"([{"kind":"User","name":"other-)" + number +
                              R"("},{"kind":"Group","name":"others-)" + number + R"("}])"));
  }
}

class Question {
 public:
  Question(std::string_view verb, std::int32_t expected) : expected_(expected) {
    for (std::size_t i = 0; i < kGroups.size(); ++i) groups_[i] = to_abi(kGroups[i]);
    user_.struct_size = sizeof(user_);
    user_.name = to_abi("bench");
    user_.groups = groups_;
    user_.group_count = static_cast<std::uint32_t>(kGroups.size());
    attributes_.struct_size = sizeof(attributes_);
    attributes_.is_resource = 1;
    attributes_.user = &user_;
    attributes_.verb = to_abi(verb);
    attributes_.api_version = to_abi("v1");
    attributes_.resource = to_abi("configmaps");
    attributes_.ns = to_abi("default");
    attributes_.name = to_abi("kept");
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  // Decisions a second of this thread's processor time.
  double per_second(Rbac& rbac, double seconds) const {
    constexpr int kBatch = 1'000;
    double done = 0;
    const double began = thread_seconds();
    double spent = 0;
    do {
      for (int i = 0; i < kBatch; ++i)
        if (rbac.decide(attributes_) != expected_) throw std::runtime_error("decided otherwise");
      done += kBatch;
      spent = thread_seconds() - began;
    } while (spent < seconds);
    return done / spent;
  }

 private:
  static constexpr std::array<std::string_view, 4> kGroups = {"a-team", "b-team", "c-team",
                                                              "system:authenticated"};
  limen_str groups_[kGroups.size()];
  limen_user user_{};
  limen_attributes attributes_{};
  std::int32_t expected_;
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void measure(std::map<std::size_t, std::unique_ptr<Rbac>>& sizes, const char* name,
             const Question& question, double seconds) {
  std::map<std::size_t, std::vector<double>> rates;
  std::map<std::size_t, std::vector<double>> ratios;
  for (auto& [size, rbac] : sizes) question.per_second(*rbac, seconds / 10);
  for (int turn = 0; turn < kTurns; ++turn) {
    for (auto& [size, rbac] : sizes) {
      rates[size].push_back(question.per_second(*rbac, seconds));
      ratios[size].push_back(rates[size].back() / rates.begin()->second.back());
    }
  }
  for (const auto& [size, rate] : rates) {
    std::printf(R"({"bench":"%s","bindings":%zu,"per_second":%.0f,"cpu_us":%.3f,"to_%zu":%.3f})"
                "\n",
                name, size, median(rate), 1e6 / median(rate), kSizes[0], median(ratios[size]));
    std::fflush(stdout);
  }
}

int run(double seconds) {
  const testkit::Module module(LIMEN_MODULES_DIR "/rbac.so");
  std::map<std::size_t, std::unique_ptr<Rbac>> sizes;
  for (const std::size_t size : kSizes) {
    sizes[size] = std::make_unique<Rbac>(module);
    fill(*sizes[size], size);
  }
  measure(sizes, "rbac_allowed", Question("get", LIMEN_ALLOW), seconds);
  measure(sizes, "rbac_not_allowed", Question("delete", LIMEN_VERDICT_NO_OPINION), seconds);
  return 0;
}

}  // namespace
}  // namespace limen::bench

int main(int argc, char** argv) {
  try {
    return limen::bench::run((argc > 1 ? std::atof(argv[1]) : 100) / 1e3);
  } catch (const std::exception& error) {
    std::cerr << "limen_rbac_bench: " << error.what() << '\n';
    return 1;
  }
}
