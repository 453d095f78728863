FROM rootfs
ENV LANG=C.UTF-8
CMD ["bash"]
