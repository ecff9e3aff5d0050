#include "app/informer_sync.h"

#include <utility>

namespace limen::app {

std::string InformerSync::missing() {
  if (told_->load()) return {};
  if (!made_()) return "the housekeeping has not finished";
  const std::shared_ptr<const storage::Followers> followers = followers_();
  if (followers == nullptr) return "no modules are in force yet";
  if (!asked_.exchange(true)) followers->catch_up([told = told_] { told->store(true); });
  return told_->load() ? std::string() : "modules have not been told of every object yet";
}

}  // namespace limen::app
