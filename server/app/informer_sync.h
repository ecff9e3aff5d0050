// InformerSync: whether the modules know what a fresh server has made for them.
//
// An authorizer that reads roles decides rightly only once it has been told of the bootstrap roles,
// and those are made while the modules start. So ready means: the housekeeping is done, and after
// that the modules have been told of everything it wrote. Modules that come later, with a reload,
// are in sync before they are asked anything.
// Thread rule: any thread. Lifetime: what is given outlives it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "storage/followers.h"

namespace limen::app {

class InformerSync {
 public:
  // `made`: the housekeeping is done. `followers`: the modules in force; null: none yet.
  InformerSync(std::function<bool()> made,
               std::function<std::shared_ptr<const storage::Followers>()> followers)
      : made_(std::move(made)), followers_(std::move(followers)) {}

  // What is still missing, as a health check says it; empty: nothing, and that stays so.
  std::string missing();

 private:
  const std::function<bool()> made_;
  const std::function<std::shared_ptr<const storage::Followers>()> followers_;
  std::atomic<bool> asked_{false};
  const std::shared_ptr<std::atomic<bool>> told_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace limen::app
