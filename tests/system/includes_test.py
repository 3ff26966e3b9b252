"""The rule of tools/check_includes.py: what it lets through, what it stops, and the project itself."""
import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools"))
import check_includes  # noqa: E402


class Includes(unittest.TestCase):
    def test_allowed(self):
        for room, line in [
            ("server", '#include "api/x.hpp"'),
            ("server", '#include "core/x.hpp"'),
            ("server", '#include "server/x.hpp"'),
            ("api", '#include "transfer/x.hpp"'),
            ("transfer", '#include "upstream/x.hpp"'),
            ("http", '#include "async/x.hpp"'),
            ("core", "#include <string>"),
            ("core", "#include <boost/url.hpp>"),
            ("core", '// #include "server/x.hpp"'),
            ("", '#include "server/x.hpp"'),
        ]:
            with self.subTest(room=room, line=line):
                self.assertEqual(check_includes.check_text("f", room, line), [])

    def test_forbidden(self):
        for room, line, reason in [
            ("core", '#include "async/x.hpp"', "core (floor 0) includes async (floor 1): up"),
            ("transfer", '#include "server/x.hpp"', "transfer (floor 4) includes server (floor 6): up"),
            ("transfer", '#include "hls/x.hpp"', "transfer (floor 4) includes hls (floor 4): sideways"),
            ("http", ' #  include "registry/x.hpp"', "http (floor 2) includes registry (floor 2): sideways"),
            ("server", '#include "support/x.hpp"', '"support" is no folder with a floor'),
            ("core", '#include "x.hpp"', '"x.hpp" is to be written with its folder, from source/ on'),
            ("core", "#include <core/x.hpp>", 'our own headers are included with quotes: "core/x.hpp"'),
        ]:
            with self.subTest(room=room, line=line):
                self.assertEqual(check_includes.check_text("f", room, "\n" + line), [f"f:2: {reason}"])
        self.assertEqual(check_includes.check_text("f", "attic", ""), ['f:1: the folder "attic" has no floor'])

    def run_tool(self, folder):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            return check_includes.main([str(folder)]), output.getvalue()

    def test_exit_code_of_a_bad_tree(self):
        with tempfile.TemporaryDirectory() as folder:
            core = pathlib.Path(folder) / "core"
            core.mkdir()
            self.assertEqual(self.run_tool(folder)[0], 1, "nothing checked is no success")
            (core / "bad.cpp").write_text('#include "http/problem.hpp"\n')
            code, output = self.run_tool(folder)
            self.assertEqual(code, 1)
            self.assertIn("core/bad.cpp:1: core (floor 0) includes http (floor 2): up", output)

    def test_the_project(self):
        code, output = self.run_tool(TOP / "source")
        self.assertEqual(code, 0, output)


if __name__ == "__main__":
    unittest.main()
