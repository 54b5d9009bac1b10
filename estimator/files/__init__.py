"""The one way in and the one way out: which files may be read and written, and how that is done.

What the user typed is read whatever it is. What a repository names, such as a scenario of a folder
or a file under `library:`, is a regular file inside of its project. All of it has a size limit.
"""
