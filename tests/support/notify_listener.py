"""The service manager's end of sd_notify(3): python3 notify_listener.py SOCKET appends to standard output
what is told on SOCKET, a line a datagram, with ' ' for the ends of its lines."""
import os
import socket
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
while True:
    print(listener.recv(4096).decode().replace("\n", " "), flush=True)
