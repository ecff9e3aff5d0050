// ForwardingDriver: a driver that passes everything on to another one, for those that change one
// thing about it.
//
// Thread rule: as Driver.
#pragma once

#include <memory>
#include <utility>

#include "storage/driver.h"

namespace limen::storage {

class ForwardingDriver : public Driver {
 public:
  DriverState open() override { return driver_->open(); }
  void load(const std::function<void(const DriverChange&)>& each) override { driver_->load(each); }
  bool shared() const override { return driver_->shared(); }
  void commit(std::span<const DriverOp> ops,
              std::function<void(CommitResult)> done) noexcept override {
    driver_->commit(ops, std::move(done));
  }
  Revision compact(Revision revision, std::size_t limit) override {
    return driver_->compact(revision, limit);
  }
  void watch(DriverListener& listener) override { driver_->watch(listener); }
  void confirm(std::function<void(std::string error)> done) noexcept override {
    driver_->confirm(std::move(done));
  }
  void advance(Revision revision) override { driver_->advance(revision); }
  void close() noexcept override { driver_->close(); }

 protected:
  ForwardingDriver() = default;  // whoever derives sets the driver before anything is called
  explicit ForwardingDriver(std::unique_ptr<Driver> driver) : driver_(std::move(driver)) {}

  std::unique_ptr<Driver> driver_;
};

}  // namespace limen::storage
