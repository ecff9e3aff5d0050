// `limen explain`: why somebody may or may not do a thing, asked of a running server.
#include <stdexcept>

#include "app/access_answer.h"
#include "app/access_question.h"
#include "app/api_client.h"
#include "app/client_config.h"
#include "app/commands.h"
#include "object/decode.h"
#include "object/metadata.h"

namespace limen::app {

namespace {

constexpr const char* kReviews = "/apis/access.limen.io/v1/accessreviews";
constexpr int kCreated = 201;

std::string user_of(const Arguments& arguments) {
  const std::string user = arguments.get_or("as", "");
  if (user.empty()) throw UsageError("--as says about whom: limen explain --as USER VERB RESOURCE");
  return user;
}

AccessQuestion question_of(const Arguments& arguments, const std::string& default_ns) {
  AccessWords words;
  words.verb = arguments.operands()[0];
  words.what = arguments.operands()[1];
  words.ns = arguments.get_or("namespace", "");
  words.default_ns = default_ns;
  words.all_namespaces = arguments.has("all-namespaces");
  words.name = arguments.get_or("name", "");
  AccessQuestion question = make_question(words);
  question.user = user_of(arguments);
  question.groups = asked_groups(question.user, arguments.all("as-group"));
  return question;
}

object::Json body_of(const ApiAnswer& answer) {
  try {
    return object::decode(answer.body, object::Format::json).value;
  } catch (const object::DecodeError&) {
    return nullptr;
  }
}

object::Json ask(const ClientConfig& config, const AccessQuestion& question) {
  const ApiAnswer answer = post_json(config, kReviews, boost::json::serialize(review_of(question)));
  object::Json body = body_of(answer);
  if (answer.status == kCreated && object::kind(body) == "AccessReview") return body;
  const std::string message(object::text_at(body, "message"));
  if (answer.status == 404) {
    throw std::runtime_error(config.server + ": the server knows no access reviews: is it Limen?");
  }
  throw std::runtime_error(
      config.server + ": " +
      (message.empty() ? "the answer has status " + std::to_string(answer.status) : message));
}

int run(const Arguments& arguments, Streams streams) {
  const bool json = wants_json(arguments);
  // What is wrong with the words is said before any file is looked for.
  static_cast<void>(question_of(arguments, "default"));
  const ClientConfig config =
      read_client_config(find_kubeconfig(arguments.get_or("kubeconfig", "")));
  const AccessQuestion question = question_of(arguments, config.ns);
  if (!question.remark.empty()) streams.err << "note: " << question.remark << '\n';
  const object::Json review = ask(config, question);
  if (json) {
    streams.out << boost::json::serialize(review) << '\n';
  } else {
    print_answer(question, review, streams.out);
  }
  return is_allowed(review) ? kExitOk : kExitFailure;
}

}  // namespace

Command explain_command() {
  Command command;
  command.name = "explain";
  command.summary = "say why somebody may or may not do something on a running server";
  command.details =
      "Asks every authorizer of the server in its order: its verdict, the rule that matched, what\n"
      "nearly matched, the time it took. The resource may be a plural, singular or short name;\n"
      "everybody asked about counts as a member of system:authenticated. Whoever asks needs the\n"
      "verbs create and explain on accessreviews.access.limen.io.\n"
      "Exit status 0 when it is allowed, 1 when it is not or nobody could tell, 2 for a command\n"
      "line nobody understands.\n"
      "\n"
      "  limen explain --as bob get pods -n web --name frontend\n"
      "  limen explain --as bob --as-group dev update deployments/scale\n"
      "  limen explain --as bob get /metrics";
  command.operands = "VERB RESOURCE[/SUBRESOURCE][.GROUP] | VERB /PATH";
  command.min_operands = 2;
  command.max_operands = 2;
  command.options = {
      {"as", "USER", "about whom"},
      {"as-group", "GROUP", "a group they are in", true},
      {"namespace", "NAME", "where; the kubeconfig's namespace when not given, else default", false,
       'n'},
      {"all-namespaces", "", "in all namespaces", false, 'A'},
      {"name", "NAME", "the object's name"},
      kubeconfig_option(),
      output_option(),
  };
  command.run = run;
  return command;
}

}  // namespace limen::app
