// TrustFiles: what is in the files, now.
#include "proxy/trust_files.h"

#include "unit/proxy/support.h"

namespace limen::proxy::test {
namespace {

class TrustFilesTest : public ::testing::Test {
 protected:
  const transport::test::Folder folder_;
  TlsTrust trust_;
};

TEST_F(TrustFilesTest, WithoutPathsThereIsNothing) {
  EXPECT_EQ(TrustFiles("", "", "").read(trust_), "");
  EXPECT_EQ(trust_.ca_pem + trust_.client_cert_pem + trust_.client_key_pem, "");
}

TEST_F(TrustFilesTest, ChangesAreSeenAtOnce) {
  TrustFiles files(folder_.write("ca", "A"), folder_.write("crt", "B"), folder_.write("key", "C"));
  EXPECT_EQ(files.read(trust_), "");
  EXPECT_EQ(trust_.ca_pem + trust_.client_cert_pem + trust_.client_key_pem, "ABC");
  folder_.write("ca", "D");
  EXPECT_EQ(files.read(trust_), "");
  EXPECT_EQ(trust_.ca_pem, "D");
  EXPECT_EQ(trust_.client_key_pem, "C");
}

TEST_F(TrustFilesTest, AFileThatCannotBeReadIsNamed) {
  TrustFiles missing(folder_.file("none"), "", "");
  EXPECT_EQ(missing.read(trust_), folder_.file("none") + ": No such file or directory");
  TrustFiles empty(folder_.write("empty", ""), "", "");
  EXPECT_EQ(empty.read(trust_), folder_.file("empty") + ": is empty, too large or cannot be read");
}

}  // namespace
}  // namespace limen::proxy::test
