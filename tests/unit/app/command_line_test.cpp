#include "app/command_line.h"

#include <gtest/gtest.h>

#include <sstream>

namespace limen::app {
namespace {

Arguments last_arguments;

int remember(const Arguments& arguments, Streams streams) {
  last_arguments = arguments;
  streams.out << "ran\n";
  return kExitOk;
}

int explode(const Arguments&, Streams) { throw std::runtime_error("disk full"); }

std::vector<Command> commands() {
  Command copy;
  copy.name = "copy";
  copy.summary = "copy things";
  copy.operands = "FROM TO";
  copy.min_operands = 1;
  copy.max_operands = 2;
  copy.options = {{"port", "N", "a port"},
                  {"force", "", "a switch"},
                  {"tag", "T", "many", true},
                  {"name", "X", "a name", false, 'n'},
                  {"all", "", "all of them", false, 'A'}};
  copy.run = remember;
  Command list;
  list.name = "things list";
  list.summary = "list things";
  list.run = remember;
  Command bad;
  bad.name = "bad";
  bad.summary = "fails";
  bad.run = explode;
  return {copy, list, bad};
}

struct Outcome {
  int status;
  std::string out, err;
};

Outcome run(const std::vector<std::string>& words) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = run_program(commands(), words, {out, err});
  return {status, out.str(), err.str()};
}

TEST(CommandLineTest, ReadsValuesSwitchesAndOperands) {
  EXPECT_EQ(run({"copy", "a", "--port", "7", "--force", "--tag=x", "--tag", "y=z", "b"}).status,
            kExitOk);
  EXPECT_EQ(last_arguments.get("port"), "7");
  EXPECT_TRUE(last_arguments.has("force"));
  EXPECT_EQ(last_arguments.all("tag"), (std::vector<std::string>{"x", "y=z"}));
  EXPECT_EQ(last_arguments.operands(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(last_arguments.get_or("none", "fallback"), "fallback");
}

TEST(CommandLineTest, EndsOptionsAtTwoDashes) {
  EXPECT_EQ(run({"copy", "--", "--port", "--help"}).status, kExitOk);
  EXPECT_EQ(last_arguments.operands(), (std::vector<std::string>{"--port", "--help"}));
}

TEST(CommandLineTest, RunsVerbsOfTwoWords) { EXPECT_EQ(run({"things", "list"}).out, "ran\n"); }

TEST(CommandLineTest, RefusesWhatItDoesNotKnowWithStatusTwo) {
  const Outcome option = run({"copy", "a", "--prot", "7"});
  EXPECT_EQ(option.status, kExitUsage);
  EXPECT_EQ(option.err,
            "limen copy: unknown option --prot (did you mean \"--port\"?)\n"
            "Try 'limen copy --help'.\n");
  const Outcome verb = run({"cpoy"});
  EXPECT_EQ(verb.status, kExitUsage);
  EXPECT_EQ(verb.err,
            "limen: unknown command \"cpoy\" (did you mean \"copy\"?)\nTry 'limen --help'.\n");
  EXPECT_EQ(run({"dance"}).err, "limen: unknown command \"dance\"\nTry 'limen --help'.\n");
}

TEST(CommandLineTest, RefusesMissingSurplusAndDoubledWords) {
  EXPECT_NE(run({"copy"}).err.find("needs FROM TO"), std::string::npos);
  EXPECT_NE(run({"copy", "a", "b", "c"}).err.find("unexpected argument \"c\""), std::string::npos);
  EXPECT_NE(run({"copy", "a", "--port"}).err.find("--port needs a value: N"), std::string::npos);
  EXPECT_NE(run({"copy", "a", "--port=1", "--port=2"}).err.find("--port is given twice"),
            std::string::npos);
  EXPECT_NE(run({"copy", "a", "--force=1"}).err.find("--force takes no value"), std::string::npos);
  EXPECT_NE(run({"copy", "a", "-p"}).err.find("unknown option -p"), std::string::npos);
  EXPECT_EQ(run({"copy", "a", "-p"}).status, kExitUsage);
}

TEST(CommandLineTest, ShowsHelpForEveryVerb) {
  const Outcome help = run({"copy", "--help"});
  EXPECT_EQ(help.status, kExitOk);
  EXPECT_EQ(help.out,
            "copy things\n\nUsage: limen copy [options] FROM TO\n\nOptions:\n"
            "  --port N      a port\n"
            "  --force       a switch\n"
            "  --tag T       many (repeatable)\n"
            "  -n, --name X  a name\n"
            "  -A, --all     all of them\n"
            "  --help        show this text\n");
}

TEST(CommandLineTest, SomeOptionsHaveALetter) {
  EXPECT_EQ(run({"copy", "a", "-n", "x", "-A"}).status, kExitOk);
  EXPECT_EQ(last_arguments.get("name"), "x");
  EXPECT_TRUE(last_arguments.has("all"));
  EXPECT_EQ(run({"copy", "a", "-n=y"}).status, kExitOk);
  EXPECT_EQ(last_arguments.get("name"), "y");
  EXPECT_NE(run({"copy", "a", "-n", "x", "--name", "y"}).err.find("--name is given twice"),
            std::string::npos);
  EXPECT_NE(run({"copy", "a", "-n"}).err.find("--name needs a value: X"), std::string::npos);
  EXPECT_NE(run({"copy", "a", "-A=1"}).err.find("--all takes no value"), std::string::npos);
  EXPECT_EQ(run({"copy", "a", "-nx"}).status, kExitUsage);
}

TEST(CommandLineTest, ListsTheVerbsWhenAskedAndWhenNothingIsSaid) {
  EXPECT_EQ(run({"--help"}).status, kExitOk);
  EXPECT_NE(run({"help"}).out.find("  things list  list things\n"), std::string::npos);
  EXPECT_EQ(run({}).status, kExitUsage);
  EXPECT_NE(run({}).err.find("copy things"), std::string::npos);
}

TEST(CommandLineTest, ListsAFamilyOfVerbs) {
  EXPECT_EQ(run({"things", "--help"}).status, kExitOk);
  EXPECT_EQ(run({"things"}).status, kExitUsage);
  EXPECT_EQ(run({"things", "--help"}).out.find("copy things"), std::string::npos);
}

TEST(CommandLineTest, TurnsAnExceptionIntoOneSentenceAndStatusOne) {
  const Outcome failed = run({"bad"});
  EXPECT_EQ(failed.status, kExitFailure);
  EXPECT_EQ(failed.err, "limen bad: disk full\n");
}

}  // namespace
}  // namespace limen::app
