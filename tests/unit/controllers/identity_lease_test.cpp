// identity-lease: the Lease of this server.
#include "controllers/identity_lease.h"

#include "with_manager.h"

namespace limen::controllers {
namespace {

// base32 of the first half of sha256("one.example"), as kube-apiserver names its lease.
const Key kLease{
    {"coordination.k8s.io", "leases"}, "kube-system", "apiserver-7jfi4rndrpkh36772news2xngu"};

class IdentityLeaseTest : public WithManager {
 protected:
  void run_as(const std::string& host) {
    Options options;
    options.host = host;
    manager_.reset();
    manager_ = std::make_unique<Manager>(*store_, std::move(options));
    manager_->start();
    ASSERT_TRUE(eventually([&] { return manager_->synced() && store_->get(kLease); }));
  }
};

TEST_F(IdentityLeaseTest, IsHeldByThisProcess) {
  run_as("one.example");
  const Json lease = read(kLease);
  EXPECT_EQ(boost::json::serialize(lease.at("metadata").at("labels")),
            R"({"apiserver.kubernetes.io/identity":"kube-apiserver",)"
            R"("kubernetes.io/hostname":"one.example"})");
  const Json& spec = lease.at("spec");
  EXPECT_EQ(spec.at("leaseDurationSeconds"), 3600);
  EXPECT_EQ(spec.at("renewTime").as_string().size(),
            std::string("2026-01-01T00:00:00.000000Z").size());
  const std::string holder(spec.at("holderIdentity").as_string());
  EXPECT_EQ(holder.substr(0, kLease.name.size() + 1), kLease.name + "_");
  EXPECT_EQ(holder.size(), kLease.name.size() + 1 + 36);
}

TEST_F(IdentityLeaseTest, TheNextProcessTakesItOver) {
  run_as("one.example");
  const std::string uid = store_->get(kLease)->uid;
  const auto holder = [&] {
    return std::string(read(kLease).at("spec").at("holderIdentity").as_string());
  };
  const std::string before = holder();
  run_as("one.example");
  EXPECT_TRUE(eventually([&] { return holder() != before; }));
  EXPECT_EQ(store_->get(kLease)->uid, uid);
}

}  // namespace
}  // namespace limen::controllers
