// faulty_origin: the scripted origin as a program.

#include "query.hpp"
#include "server.hpp"
#include "stats_page.hpp"

#include <boost/program_options.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <pthread.h>

namespace {

namespace origin = millrace::origin;
namespace po = boost::program_options;

const std::map<std::string, origin::tls_mode> tls_names{
    {"valid", origin::tls_mode::valid},     {"wrong-host", origin::tls_mode::wrong_host},
    {"expired", origin::tls_mode::expired}, {"self-signed", origin::tls_mode::self_signed},
    {"tls1.1", origin::tls_mode::tls_1_1},
};

po::options_description describe_options() {
  po::options_description options("Options");
  auto add = options.add_options();
  add("host", po::value<std::vector<std::string>>()->value_name("ADDRESS"),
      "numeric address to listen on, repeatable (127.0.0.1)");
  add("port,p", po::value<std::uint16_t>()->default_value(0)->value_name("PORT"), "0: any free port");
  add("threads", po::value<unsigned>()->default_value(1)->value_name("N"), "event loops");
  add("tls", po::value<std::string>()->implicit_value("valid")->value_name("MODE"),
      "https: valid, wrong-host, expired, self-signed, tls1.1");
  add("ca-out", po::value<std::string>()->value_name("FILE"),
      "write the certificate of the private CA there");
  add("cert", po::value<std::string>()->default_value("")->value_name("FILE"), "own certificate chain (PEM)");
  add("key", po::value<std::string>()->default_value("")->value_name("FILE"), "its key (PEM)");
  add("connect-delay", po::value<unsigned>()->default_value(0)->value_name("MS"),
      "before a connection is heeded");
  add("root", po::value<std::string>()->default_value("")->value_name("DIR"), "files for file=");
  add("help", "this text");
  return options;
}

origin::server_options read_options(const po::variables_map& given) {
  origin::server_options options;
  if (given.count("host") != 0) options.addresses = given["host"].as<std::vector<std::string>>();
  options.port = given["port"].as<std::uint16_t>();
  options.threads = given["threads"].as<unsigned>();
  options.certificate_file = given["cert"].as<std::string>();
  options.key_file = given["key"].as<std::string>();
  options.connect_delay = std::chrono::milliseconds(given["connect-delay"].as<unsigned>());
  options.file_root = given["root"].as<std::string>();
  if (options.certificate_file.empty() != options.key_file.empty())
    throw po::error("--cert and --key belong together");
  if (given.count("tls") != 0) {
    const auto mode = tls_names.find(given["tls"].as<std::string>());
    if (mode == tls_names.end()) throw po::error("unknown TLS mode " + given["tls"].as<std::string>());
    options.tls = mode->second;
  }
  if (given.count("ca-out") != 0 && (given.count("tls") == 0 || !options.certificate_file.empty())) {
    throw po::error("--ca-out needs --tls without --cert");
  }
  return options;
}

int serve(const po::variables_map& given) {
  // Blocked before the threads start, so that they inherit it and only sigwait sees the signals.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  origin::server server(read_options(given));
  if (given.count("ca-out") != 0) server.authority().write_certificate(given["ca-out"].as<std::string>());
  std::cout << "faulty_origin listening on " << server.url("") << std::endl;
  int signal = 0;
  sigwait(&ends, &signal);
  server.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const po::options_description options = describe_options();
    po::variables_map given;
    po::store(po::parse_command_line(argc, argv, options), given);
    po::notify(given);
    if (given.count("help") != 0) {
      std::cout << "faulty_origin [options]: an HTTP/1.1 origin that misbehaves as it is told\n\n"
                << options << "\n"
                << origin::help_page();
      return 0;
    }
    return serve(given);
  } catch (const po::error& error) {
    std::cerr << "faulty_origin: " << error.what() << "\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "faulty_origin: " << error.what() << "\n";
    return 1;
  }
}
