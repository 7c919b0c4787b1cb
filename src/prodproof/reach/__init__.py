"""The only room that opens sockets, starts programs and reads other people's files.

One module per outside thing, each bounded in size, time and depth; what it cannot do it says as `Unseen`.
"""
