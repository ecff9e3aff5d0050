#include "common/certificates/denylist.h"

#include <gtest/gtest.h>

#include "support/authority.h"

namespace limen::plugins {
namespace {

std::string problem(const std::string& text) {
  try {
    static_cast<void>(Denylist::parse(text, "denied"));
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

std::string hex_of(const test::Certificate& certificate) {
  char text[32];
  std::snprintf(text, sizeof(text), "%lx", std::stol(certificate.serial()));
  return text;
}

TEST(Denylist, SkipsBlankLinesAndComments) {
  EXPECT_EQ(Denylist::parse("", "denied").size(), 0u);
  EXPECT_EQ(Denylist::parse("\n  # all\r\n\t\ncert-serial 1f  # one\r\n", "denied").size(), 1u);
}

TEST(Denylist, TakesNumbersAsToolsWriteThem) {
  const test::Certificate ada({.subject = {{"CN", "ada"}}});
  std::string upper = ada.fingerprint();
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  std::string spaced = upper.substr(0, 2);
  for (std::size_t i = 2; i < upper.size(); i += 2) spaced += ":" + upper.substr(i, 2);
  for (const std::string& entry : {"cert-serial " + hex_of(ada), "cert-serial 00:" + hex_of(ada),
                                   "cert-serial\t0" + hex_of(ada),
                                   "cert-sha256 " + ada.fingerprint(), "cert-sha256 " + spaced}) {
    EXPECT_TRUE(Denylist::parse(entry, "denied").lists(*ada.get())) << entry;
  }
  EXPECT_FALSE(Denylist::parse("cert-serial 1", "denied").lists(*ada.get()));
}

TEST(Denylist, SaysInWhichLineSomethingIsWrong) {
  EXPECT_EQ(problem("cert-serial 1\nserial 2"),
            "denied:2: an entry begins with cert-serial or cert-sha256");
  EXPECT_EQ(problem("cert-sha256 " + std::string(63, 'a')),
            "denied:1: cert-sha256 wants 64 hexadecimal digits");
  EXPECT_EQ(problem("cert-sha256 " + std::string(64, 'a')), "");
  const std::string serial = "denied:1: cert-serial wants a hexadecimal number of at most 20 bytes";
  EXPECT_EQ(problem("cert-serial"), serial);
  EXPECT_EQ(problem("cert-serial 0xff"), serial);
  EXPECT_EQ(problem("cert-serial " + std::string(41, '1')), serial);
  EXPECT_EQ(problem("cert-serial " + std::string(40, '1')), "");
}

}  // namespace
}  // namespace limen::plugins
