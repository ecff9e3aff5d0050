// What is wrong with an audit webhook before anything is sent to it.
#include "app/audit_sender.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/scratch_folder.h"

namespace limen::app {
namespace {

class AuditSenderTest : public testing::Test {
 protected:
  std::string write(const std::string& cluster, const std::string& user) const {
    const std::string path = folder_ / "config";
    std::ofstream(path) << "current-context: c\n"
                           "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
                           "clusters: [{name: k, cluster: {"
                        << cluster << "}}]\nusers: [{name: u, user: {" << user << "}}]\n";
    return path;
  }
  test::ScratchFolder folder_;
};

TEST_F(AuditSenderTest, AUsableKubeconfigHasNoProblem) {
  EXPECT_EQ(audit_webhook_problem(write("server: https://127.0.0.1:9/events", "token: t")), "");
}

TEST_F(AuditSenderTest, ProblemsNameTheFileAndNothingSecret) {
  const std::string path = folder_ / "config";
  const auto problem = [&](const std::string& cluster, const std::string& user) {
    std::string text = audit_webhook_problem(write(cluster, user));
    EXPECT_TRUE(text.starts_with(path + ": ")) << text;
    EXPECT_EQ(text.find("canary"), std::string::npos) << text;
    return text;
  };
  problem("server: http://127.0.0.1:9/", "token: canary");
  problem("server: https://canary:canary@127.0.0.1:9/", "token: canary");
  problem("server: https://127.0.0.1:9/", "token: \"canary canary\"");
  problem("server: https://127.0.0.1:9/, certificate-authority-data: Y2FuYXJ5", "token: canary");
  problem("server: https://127.0.0.1:9/",
          "client-certificate-data: Y2FuYXJ5, client-key-data: Y2FuYXJ5");
  EXPECT_TRUE(audit_webhook_problem(folder_ / "none").starts_with((folder_ / "none")));
}

TEST_F(AuditSenderTest, ANobodyAtTheOtherEndIsAReasonAndNoSecret) {
  AuditSender sender(write("server: \"https://127.0.0.1:1/?token=canary\"", "token: canary"));
  const std::atomic<bool> give_up{false};
  const std::string why = sender.send("{}", give_up);
  EXPECT_TRUE(why.starts_with("the webhook: ")) << why;
  EXPECT_EQ(why.find("canary"), std::string::npos) << why;
}

}  // namespace
}  // namespace limen::app
