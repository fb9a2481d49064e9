"""What is deleted in the background, by web and worker alike: old jobs, and files of no job."""
