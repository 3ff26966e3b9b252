#include "command_table.hpp"

#include <algorithm>
#include <array>

namespace millrace::ctl {

namespace {

constexpr std::array common{
    option_info{"server", "URL",
                "The server, a path prefix included. Default: http://127.0.0.1:8001. Also MILLRACE_SERVER."},
    option_info{"token", "TOKEN",
                "The server's --api-token, sent as X-API-Token. Also MILLRACE_TOKEN, MILLRACE_API_TOKEN "
                "or API_TOKEN, which other users of this machine cannot see in the list of processes."},
    option_info{"timeout", "SECONDS", "Time-out of each request, connecting included. Default: 10."},
    option_info{"json", "", "Print the server's JSON document instead of text."},
    option_info{"ca-file", "FILE", "Certificates (PEM) trusted besides the system's, for https servers."},
    option_info{"insecure", "", "Do not verify the certificate of an https server."},
    option_info{"version", "", "Print the version and exit."},
    option_info{"help", "", "Print this help, or a command's, and exit."},
};

constexpr std::array create_options{
    option_info{"failover", "URL...", "Further sources of the same stream, in the order they are tried.",
                true},
    option_info{"user-agent", "TEXT", "User-Agent of the requests to the sources."},
    option_info{"header", "'NAME: VALUE'", "A header of the requests to the sources.", true},
    option_info{"metadata", "KEY=VALUE", "A note that the server keeps with the stream.", true},
};

constexpr std::array monitor_options{
    option_info{"interval", "SECONDS", "Time between two looks at the server. Default: 5."},
};

constexpr std::array disconnect_options{
    option_info{"stream", "ID", "Only from this stream."},
};

constexpr std::array commands{
    command_info{verb::create, "create", "URL", 1, 1, "make a stream, or change the one of that URL",
                 "Makes a stream of the URL and prints its id and the address for players. If the server has "
                 "a stream of that URL already, its failover URLs, user agent, headers and metadata are "
                 "replaced.",
                 create_options,
                 "  millracectl create http://tv.example/1.ts --failover http://b.example/1.ts\n"
                 "  millracectl create https://tv.example/live.m3u8 --header 'Referer: https://tv.example/' "
                 "\\\n      --metadata name=News\n"},
    command_info{verb::list,
                 "list",
                 "",
                 0,
                 0,
                 "show all streams",
                 "Shows all streams of the server. URLs are shown without user, password and query.",
                 {},
                 "  millracectl list\n  millracectl list --json | jq -r '.streams[].stream_id'\n"},
    command_info{verb::info,
                 "info",
                 "ID",
                 1,
                 1,
                 "show all about one stream",
                 "Shows everything about a stream, with its whole URLs, and its clients.",
                 {},
                 "  millracectl info 6f1ed002ab5595859014ebf0951522d9\n"},
    command_info{verb::stats,
                 "stats",
                 "",
                 0,
                 0,
                 "show the totals of the server",
                 "Shows the totals of the server. With --json, all streams and clients are in the document, "
                 "too.",
                 {},
                 "  millracectl stats\n"},
    command_info{verb::monitor, "monitor", "", 0, 0, "watch streams and clients with their bytes per second",
                 "Shows the totals, the streams and the clients with their bytes per second, the busiest "
                 "first, and redraws them in place until Ctrl-C. When the output is no terminal, each look "
                 "appends plain lines that begin with the time, and with --json each look is one line. If "
                 "the server goes away meanwhile, the program says so and goes on trying.",
                 monitor_options,
                 "  millracectl monitor --interval 2\n  millracectl monitor | grep ' stream '\n"},
    command_info{verb::health,
                 "health",
                 "",
                 0,
                 0,
                 "ask whether the server is well",
                 "Exits with 0 when the server is healthy and with 1 when it is draining or does not answer.",
                 {},
                 "  millracectl health --timeout 2 || systemctl restart millrace\n"},
    command_info{verb::failover,
                 "failover",
                 "ID",
                 1,
                 1,
                 "move a stream to its next source",
                 "Moves a stream, players included, to the next of its URLs that works.",
                 {},
                 "  millracectl failover 6f1ed002ab5595859014ebf0951522d9\n"},
    command_info{verb::remove,
                 "delete",
                 "ID",
                 1,
                 1,
                 "delete a stream and disconnect its clients",
                 "Disconnects the clients of a stream and deletes it.",
                 {},
                 "  millracectl delete 6f1ed002ab5595859014ebf0951522d9\n"},
    command_info{verb::clients,
                 "clients",
                 "[ID]",
                 0,
                 1,
                 "show all clients, or one, or those of a stream",
                 "Shows all clients of the server, or only the client with that id, or those of the stream "
                 "with that id.",
                 {},
                 "  millracectl clients\n  millracectl clients living-room\n"},
    command_info{verb::disconnect, "disconnect", "CLIENT", 1, 1, "end the connections of a client",
                 "Ends the connections of the client with that id. The server refuses it until its "
                 "--client-timeout is over.",
                 disconnect_options, "  millracectl disconnect living-room\n"},
};

}  // namespace

std::span<const command_info> command_table() noexcept {
  return commands;
}

std::span<const option_info> common_options() noexcept {
  return common;
}

const command_info* find_command(std::string_view name) noexcept {
  const auto* found = std::ranges::find(commands, name, &command_info::name);
  return found == commands.end() ? nullptr : found;
}

}  // namespace millrace::ctl
