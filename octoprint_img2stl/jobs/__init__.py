"""A job and its life: from an uploaded photo to a finished, sliced model.

This side stays light; whatever needs numpy, Pillow or trimesh happens in the worker process
(`python -m octoprint_img2stl.jobs.worker`).
"""
