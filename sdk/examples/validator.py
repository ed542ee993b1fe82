#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""A validator node: calls the miner it is asked about, scores the answer. validator.py [PORT]"""
import http.server, json, sys, urllib.request

class Node(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        ask = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["params"]
        try:
            url = ask["miner"]["endpoint"].rstrip("/") + "/method/generate"
            question = json.dumps({"params": {"prompt": ask["challenge"]}}).encode()
            call = urllib.request.Request(url, question, {"Content-Type": "application/json"})
            with urllib.request.urlopen(call, timeout=ask["deadline_ms"] / 2000) as reply:
                answer = json.load(reply)
            result = {"score": 1.0 if answer else 0.0}  # judge the answer here
        except urllib.error.HTTPError:
            result = {"error": "miner_refused"}
        except (OSError, ValueError):
            result = {"error": "miner_unreachable"}
        body = json.dumps(result).encode()
        self.send_response(200 if self.path == "/method/validate" else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.ThreadingHTTPServer(("127.0.0.1", int((sys.argv + ["9200"])[1])), Node).serve_forever()
