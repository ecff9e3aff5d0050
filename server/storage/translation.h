// Translation: how keys and values look in a driver's data, where that is not how the store sees
// them: laid out as kube-apiserver does, encrypted.
//
// The store's own form is key.h and object/canonical.h. Thread rule: read() and write() may be
// called at the same time from several threads.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/driver.h"

namespace limen::storage {

// Owns what views were made of.
class Texts {
 public:
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

 private:
  std::deque<std::string> texts_;
};

class Translation {
 public:
  virtual ~Translation() = default;
  // The data's prefix, from DriverState; before anything else.
  virtual void begin(const std::string& prefix) { (void)prefix; }
  // From the data to the store: changes key and value in place, views of `keep` or of constants.
  // False: the key is none of the store's. Throws DriverError with a sentence that names the key.
  virtual bool read(DriverChange& change, Texts& keep) const = 0;
  // From the store to the data. Throws DriverError.
  virtual void write(DriverOp& op, Texts& keep) const = 0;
};

// `driver` with its data seen through `layers`, the one nearest to the store first. What cannot be
// read ends load(), unless a later change of the key can be: then the history before it is lost and
// no more (DriverChange::gap). From a running watch it is trouble until the key has become readable
// or gone.
std::unique_ptr<Driver> translated(std::unique_ptr<Driver> driver,
                                   std::vector<std::shared_ptr<Translation>> layers);

}  // namespace limen::storage
