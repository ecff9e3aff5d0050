#include "app/serving_certificate.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <stdexcept>

#include "app/files.h"
#include "app/pki.h"
#include "support/scratch_folder.h"

namespace limen::app {
namespace {

using test::ScratchFolder;

class ServingCertificateTest : public testing::Test {
 protected:
  void SetUp() override { secure_.cert_dir = folder_ / "pki"; }

  std::string error() const {
    try {
      ensure_serving_certificate(secure_);
    } catch (const std::runtime_error& failure) {
      return failure.what();
    }
    return "no error";
  }

  ScratchFolder folder_;
  config::SecureListener secure_;
};

TEST_F(ServingCertificateTest, MakesASelfSignedPairWhenNoneIsGiven) {
  const CertificateFiles files = ensure_serving_certificate(secure_);
  EXPECT_TRUE(files.made);
  EXPECT_EQ(files.certificate, secure_.cert_dir + "/apiserver.crt");
  EXPECT_EQ(pair_problem({read_file(files.certificate), read_file(files.key)}), "");
  struct stat status {};
  ASSERT_EQ(stat(files.key.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(ServingCertificateTest, UsesItAgainOnTheNextStart) {
  const std::string first = read_file(ensure_serving_certificate(secure_).certificate);
  const CertificateFiles again = ensure_serving_certificate(secure_);
  EXPECT_FALSE(again.made);
  EXPECT_EQ(read_file(again.certificate), first);
}

TEST_F(ServingCertificateTest, TakesTheConfiguredFiles) {
  const KeyPair pair = make_self_signed_pair({"x"});
  secure_.tls_cert_file = folder_ / "x.crt";
  secure_.tls_private_key_file = folder_ / "x.key";
  write_file(secure_.tls_cert_file, pair.certificate, Privacy::open);
  write_file(secure_.tls_private_key_file, pair.key, Privacy::secret);
  const CertificateFiles files = ensure_serving_certificate(secure_);
  EXPECT_EQ(files.certificate, secure_.tls_cert_file);
  EXPECT_EQ(files.key, secure_.tls_private_key_file);
  EXPECT_FALSE(file_exists(secure_.cert_dir));
}

TEST_F(ServingCertificateTest, NamesTheFileThatIsUnfit) {
  const KeyPair pair = make_self_signed_pair({"x"});
  secure_.tls_cert_file = folder_ / "x.crt";
  secure_.tls_private_key_file = folder_ / "x.key";
  EXPECT_EQ(error(), secure_.tls_cert_file + ": No such file or directory");
  write_file(secure_.tls_cert_file, pair.certificate, Privacy::open);
  EXPECT_EQ(error(), secure_.tls_private_key_file + ": No such file or directory");
  write_file(secure_.tls_private_key_file, make_self_signed_pair({"y"}).key, Privacy::secret);
  EXPECT_EQ(error(), secure_.tls_private_key_file + ": the key does not belong to the certificate");
  EXPECT_EQ(serving_certificate_problem(secure_), error());
}

TEST_F(ServingCertificateTest, CheckingMakesNothing) {
  EXPECT_EQ(serving_certificate_problem(secure_), "");
  EXPECT_FALSE(file_exists(secure_.cert_dir));
}

TEST_F(ServingCertificateTest, DoesNotOverwriteHalfAPair) {
  make_folder(secure_.cert_dir);
  write_file(secure_.cert_dir + "/apiserver.key", "x", Privacy::secret);
  EXPECT_EQ(error(), secure_.cert_dir + "/apiserver.crt: No such file or directory");
  EXPECT_EQ(read_file(secure_.cert_dir + "/apiserver.key"), "x");
}

}  // namespace
}  // namespace limen::app
