#include "controllers/everything.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>

namespace limen::controllers {

namespace {

// Changes wait so long for others to be told with them.
constexpr std::chrono::milliseconds kGather{5};

bool is_events(const catalog::Resource& resource) { return resource.name == "events"; }

// The resources that are stored, each once, as their storage has them.
std::vector<const catalog::Resource*> stored_resources() {
  std::vector<const catalog::Resource*> list;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const catalog::GroupVersion& version : catalog::group_versions()) {
    for (const catalog::Resource& resource : version.resources) {
      if (!resource.stored() || is_events(resource)) continue;
      if (!seen.emplace(resource.storage_group, resource.name).second) continue;
      const catalog::Resource* const home =
          catalog::find_resource(resource.storage_group, resource.storage_version, resource.name);
      list.push_back(home ? home : &resource);
    }
  }
  return list;
}

}  // namespace

Everything::Everything(storage::Store& store, base::Executor& loop, Listener listener)
    : store_(store), loop_(loop), listener_(std::move(listener)) {
  for (const catalog::Resource* const resource : stored_resources()) {
    add({std::shared_ptr<const void>(), resource});
  }
}

void Everything::add(catalog::ResourcePtr resource) {
  storage::ResourceId id{std::string(resource->storage_group), std::string(resource->name)};
  feeds_.push_back({std::move(resource), std::move(id), nullptr});
}

// A resource that is no longer served keeps its feed: the last of its objects may still go.
void Everything::follow_custom() {
  auto now = catalog::custom_catalog();
  if (now == custom_) return;
  custom_ = std::move(now);
  for (catalog::ResourcePtr& one : custom_->stored_resources()) {
    const auto same = [&](const Feed& feed) {
      return feed.id.resource == one->name && feed.id.group == one->storage_group;
    };
    const auto found = std::find_if(feeds_.begin(), feeds_.end(), same);
    if (found != feeds_.end()) {
      found->resource = std::move(one);
      continue;
    }
    add(std::move(one));
    open(static_cast<std::uint32_t>(feeds_.size() - 1));
  }
}

Everything::~Everything() { stop(); }

void Everything::start() {
  for (std::uint32_t number = 0; number < feeds_.size(); ++number) open(number);
  follow_custom();
}

void Everything::open(std::uint32_t number) {
  Feed& feed = feeds_[number];
  feed.watch.reset();
  // Compaction may come between list and watch; then the list was of no use.
  while (!feed.watch) {
    const storage::ListResult list = store_.list(feed.id, {});
    storage::ReadStatus status{};
    feed.watch = store_.watch(
        feed.id, "", list.revision, loop_, [this] { wake(); }, status);
    if (!feed.watch) continue;
    for (const storage::ObjectPtr& object : list.objects) listener_.changed(number, object, false);
  }
}

void Everything::wake() {
  if (timer_ != 0) return;
  timer_ = loop_.post_at(base::SteadyClock::now() + kGather, [this] {
    timer_ = 0;
    take();
    listener_.told();
  });
}

void Everything::take() {
  const bool missed = std::any_of(feeds_.begin(), feeds_.end(), [](const Feed& feed) {
    return feed.watch && feed.watch->lost();
  });
  if (missed) {
    listener_.forget();
    return start();
  }
  for (std::uint32_t number = 0; number < feeds_.size(); ++number) {
    if (!feeds_[number].watch) continue;
    for (const storage::EventPtr& event : feeds_[number].watch->take(0)) {
      listener_.changed(number, event->object, event->type == storage::EventType::deleted);
    }
  }
  follow_custom();
}

void Everything::stop() {
  if (timer_ != 0) loop_.cancel_timer(std::exchange(timer_, 0));
  for (Feed& feed : feeds_) feed.watch.reset();
}

}  // namespace limen::controllers
