// Everything: follows every object of every resource that is stored, but events. Custom resources
// are followed from when they are first served.
//
// It keeps no copy. What has happened is told soon after it did, many changes at once, or when
// take() asks for it: after that nothing is untold. Thread rule: the loop's thread; destroyed
// there, or once the loop has ended.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/executor.h"
#include "catalog/custom/custom_catalog.h"
#include "storage/store.h"

namespace limen::controllers {

class Everything {
 public:
  // The newest state, or the last one of an object that has gone. Must not call take().
  using Changed =
      std::function<void(std::uint32_t resource, const storage::ObjectPtr& object, bool gone)>;
  struct Listener {
    Changed changed;
    // Changes were missed: all that was told is void, and everything will be told anew.
    std::function<void()> forget;
    // Called after changes have been told outside of take() and start().
    std::function<void()> told;
  };

  Everything(storage::Store& store, base::Executor& loop, Listener listener);
  ~Everything();

  // Tells of every object there is, inside the call.
  void start();
  void take();
  void stop();

  // A resource by its number, in its storage's version. Numbers stay; a custom resource may become
  // another.
  catalog::ResourcePtr resource(std::uint32_t number) const { return feeds_[number].resource; }

 private:
  struct Feed {
    catalog::ResourcePtr resource;
    storage::ResourceId id;
    std::unique_ptr<storage::Watch> watch;
  };

  void add(catalog::ResourcePtr resource);
  void open(std::uint32_t number);
  // Follows what is served by now.
  void follow_custom();
  void wake();

  storage::Store& store_;
  base::Executor& loop_;
  const Listener listener_;
  std::vector<Feed> feeds_;
  std::shared_ptr<const catalog::CustomCatalog> custom_;  // as of when feeds_ was looked through
  base::Executor::TimerId timer_ = 0;
};

}  // namespace limen::controllers
